import type { ScopeKey } from './account/scope.ts';
import type { AssistantKey } from './configuration/assistant-key.ts';
import type { TrafficWish } from './configuration/assistant-request.ts';

/**
 * Work that no caller waits for. A task names what to look at, never what to do: repeated, late or out of order it does
 * no harm.
 */
export type Task = AssistantTask | DriftTask | RolloutTask;

/** Goes on with a rollout. */
interface RolloutTask {
  kind: 'rollout';
  rolloutId: string;
}

export type AssistantTask = SyncToolsTask | ReapplyTask | NameVersionTask | PruneHistoryTask;

/** Updates the dependents of an assistant: its tools, and the phone number that it answers. */
interface SyncToolsTask extends AssistantKey {
  kind: 'sync-tools';
  /** Of the operation that found the work, so that one id runs through all logs. */
  operationId: string;
}

/** Makes an assistant equal to the configuration that was applied last. */
interface ReapplyTask extends AssistantKey {
  kind: 'reapply';
  operationId: string;
  /** What callers are to hear besides, where that was pinned by hand. */
  traffic?: TrafficWish | undefined;
}

/** Names the version at Vapi that a configuration has become: for people who look there. */
interface NameVersionTask extends AssistantKey {
  kind: 'name-version';
  operationId: string;
  specHash: string;
}

/** Removes the configurations that the history keeps no longer. */
interface PruneHistoryTask extends AssistantKey {
  kind: 'prune-history';
  operationId: string;
}

/**
 * A part of a drift run: to divide the fleet, to check a unit of it, to heal what was found, to delete unused tools.
 */
export type DriftTask =
  | { kind: 'drift-plan'; runId: string }
  | { kind: 'drift-window'; runId: string; unit: number }
  | { kind: 'drift-heal'; runId: string }
  | { kind: 'collect-tools'; runId: string; scope?: ScopeKey; after?: string };

/** True for a part of a drift run. */
export function isDriftTask(task: Task): task is DriftTask {
  return 'runId' in task;
}

/** The run or the rollout that a task is a part of; undefined for one of a single assistant. */
export function longWorkOf(task: Task): string | undefined {
  if ('runId' in task) return task.runId;
  return 'rolloutId' in task ? task.rolloutId : undefined;
}

/** The longest that a task can live, in ms: the worker's time. */
export const TASK_MS = 120_000;

/** The durable queue. A task that was sent is performed at least once. */
export interface TaskQueue {
  /** Throws when it is not certain that the task is in the queue. `delaySeconds`: 0 to 900. */
  send(task: Task, options?: { delaySeconds?: number }): Promise<void>;
}

/**
 * How a task ended. `later`: nothing is wrong with it, but it cannot be done now; it comes back without counting as
 * failed.
 */
export type TaskEnd = { kind: 'done'; outcome: string } | { kind: 'later'; reason: string; afterSeconds: number };
