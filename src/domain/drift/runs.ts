import type { Window } from './check/window.ts';
import type { Finding } from './finding.ts';
import type { Slice } from './fleet.ts';
import type { RunMode } from './mode.ts';
import type { Totals } from './totals.ts';

export type RunStatus = 'planning' | 'checking' | 'healing' | 'closed' | 'abandoned';

/** One look at the whole fleet. Times are ISO 8601 in UTC. */
export interface DriftRun {
  /** Sorts by the time of its start. */
  runId: string;
  trigger: 'schedule' | 'request';
  mode: RunMode;
  status: RunStatus;
  startedAt: string;
  /** When something was last finished: a run that stands still is given up by the next. */
  updatedAt: string;
  closedAt?: string;
  /** How many units there are; known when all are planned. */
  unitCount?: number;
  /** Numbers of the units that are done. */
  done: readonly number[];
  healing?: Healing;
  summary?: RunSummary;
}

/** How far the healing has come. */
export interface Healing {
  /** Grows with each page of findings. */
  version: number;
  /** Groups in which nothing is healed. */
  suspicious: readonly Group[];
  /** The findings up to this one were dealt with. */
  after?: string;
  reapplied: number;
  resumed: number;
  removed: number;
  /** What was left alone, by reason. */
  kept: Readonly<Record<string, number>>;
}

/** The platform's account, and the accounts of organisations together: brakes apply to each. */
export const GROUPS = ['platform', 'organisations'] as const;
export type Group = (typeof GROUPS)[number];

export interface RunSummary {
  totals: Totals;
  suspicious: readonly Group[];
  /** Causes that hit many assistants at once. */
  common: readonly { cause: string; count: number }[];
  healed?: Pick<Healing, 'reapplied' | 'resumed' | 'removed' | 'kept'>;
  durationMs: number;
}

/** A part of a run that is checked by one task at a time. */
export interface Unit {
  runId: string;
  /** From 0; units of one kind have successive numbers. */
  number: number;
  work: Work;
  /** Grows with each step, so that two tasks on the same unit notice each other. */
  version: number;
  position: Position;
  /** Failures in a row at this position. */
  failures: number;
  totals: Totals;
  isDone: boolean;
}

/**
 * - `window`: a stretch of the platform's account
 * - `accounts`: organisations with accounts of their own
 * - `unfinished`: rows that name no assistant yet
 */
export type Work =
  | { kind: 'window'; window: Window }
  | { kind: 'accounts'; orgIds: readonly string[] }
  | { kind: 'unfinished' };

/** How far a unit has come. */
export interface Position {
  /** Index of the account that is being checked. */
  account: number;
  /** What is left of the window begins below this creation time (epoch ms). */
  to?: number;
  /** Where the next page of rows begins. */
  after?: string;
}

export const AT_THE_START: Position = { account: 0 };

/** Runs and their progress. Each write is one conditional write of one item. */
export interface RunStore {
  /** False when another run is going on and was alive after `aliveSince` (ISO 8601); then that one's id comes back. */
  start(run: DriftRun, aliveSince: string): Promise<{ kind: 'started' } | { kind: 'running'; runId: string }>;
  read(runId: string): Promise<DriftRun | undefined>;
  /** Newest first. */
  list(query: { limit: number }): Promise<DriftRun[]>;
  /** Changes a run that is still in the status that was read, and in the same step of healing; undefined when it is not. */
  advance(run: DriftRun, change: RunChange): Promise<DriftRun | undefined>;
  /** Notes that a unit is done, however often it is said. */
  markDone(runId: string, unit: number, at: string): Promise<DriftRun | undefined>;
}

export type RunChange = Partial<Pick<DriftRun, 'status' | 'closedAt' | 'unitCount' | 'healing' | 'summary'>> & {
  updatedAt: string;
};

/** The units of runs. */
export interface UnitStore {
  /** Keeps the unit that is there already, if there is one with this number. */
  plan(unit: Unit): Promise<void>;
  /** In the order of their numbers. */
  all(runId: string): Promise<Unit[]>;
  read(runId: string, number: number): Promise<Unit | undefined>;
  /** Undefined when somebody else has gone on with the unit since it was read. */
  commit(unit: Unit, change: UnitChange): Promise<Unit | undefined>;
}

export type UnitChange = Partial<Pick<Unit, 'position' | 'failures' | 'totals' | 'isDone'>>;

/** The findings of runs, one item each. */
export interface FindingStore {
  /** One that is there already under the same id is replaced. */
  save(runId: string, findings: readonly Finding[]): Promise<void>;
  /** In the order of their ids. */
  page(query: { runId: string; limit: number; after?: string }): Promise<Slice<Finding>>;
}
