import type { ScopeKey } from './account/scope.ts';
import type { AssistantKey } from './configuration/assistant-key.ts';
import type { TrafficWish } from './configuration/assistant-request.ts';

/**
 * Work that no caller waits for. A task says what to look at, never what to do: repeated, late or out of order it does
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
  /** The operation that found the work: one id runs through all logs. */
  operationId: string;
}

/** Makes an assistant equal to the configuration that was applied last. */
interface ReapplyTask extends AssistantKey {
  kind: 'reapply';
  operationId: string;
  /** Also lets callers hear the newest version, where somebody has pinned another by hand. */
  traffic?: TrafficWish | undefined;
}

/** Names the version at Vapi that holds a configuration, for people who look there. */
interface NameVersionTask extends AssistantKey {
  kind: 'name-version';
  operationId: string;
  specHash: string;
}

/** Removes the configurations that the history no longer keeps. */
interface PruneHistoryTask extends AssistantKey {
  kind: 'prune-history';
  operationId: string;
}

/** A part of a drift run: divide the fleet, check a unit of it, heal what was found, delete unused tools. */
export type DriftTask =
  | { kind: 'drift-plan'; runId: string }
  | { kind: 'drift-window'; runId: string; unit: number }
  | { kind: 'drift-heal'; runId: string }
  | { kind: 'collect-tools'; runId: string; scope?: ScopeKey; after?: string };

/** True for a part of a drift run. */
export function isDriftTask(task: Task): task is DriftTask {
  return 'runId' in task;
}

/** The id of the drift run or rollout that a task belongs to; undefined for a task about one assistant. */
export function longWorkOf(task: Task): string | undefined {
  if ('runId' in task) return task.runId;
  return 'rolloutId' in task ? task.rolloutId : undefined;
}

/** The longest that a task can run, in ms: the timeout of the worker. */
export const TASK_MS = 120_000;

/** The durable queue. A task that was sent is performed at least once. */
export interface TaskQueue {
  /** Throws when it is not certain that the task is in the queue. `delaySeconds`: 0 to 900. */
  send(task: Task, options?: { delaySeconds?: number }): Promise<void>;
}

/**
 * How a task ended. `later`: it cannot be done now, which is not a failure; it comes back without being counted as one.
 */
export type TaskEnd = { kind: 'done'; outcome: string } | { kind: 'later'; reason: string; afterSeconds: number };
