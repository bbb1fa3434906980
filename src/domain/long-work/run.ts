import type { Runtime } from '../runtime.ts';

/** One run of a long work, divided into units. Times are ISO 8601 in UTC. */
export interface Run {
  /** Sorts by the time of its start. */
  runId: string;
  startedAt: string;
  /** When something was last finished: a run without progress is given up by the next one. */
  updatedAt: string;
  /** The number of units; known when all are planned. */
  unitCount?: number;
  /** Numbers of the units that are done. */
  done: readonly number[];
}

/** An id that sorts by the time of the start (ISO 8601), to the second. */
export function newRunId(startedAt: string, { uniqueId }: Pick<Runtime, 'uniqueId'>): string {
  return `${startedAt.replace(/[-:]|\.\d+/g, '')}-${uniqueId().slice(0, 8)}`;
}

/** A part of a run; one task at a time works on it. */
export interface Unit<Work = unknown, Position = unknown, Totals = unknown> {
  runId: string;
  /** From 0; units of one lane have successive numbers. */
  number: number;
  work: Work;
  /** Grows with each step, so that two tasks on the same unit notice each other. */
  version: number;
  position: Position;
  /** Failures in a row at this position. */
  failures: number;
  totals: Totals;
  isDone: boolean;
  /** When the last step was taken, or until when the unit waits (ISO 8601); absent before the first step. */
  dueAt?: string | undefined;
}

export type UnitChange<U extends Unit> = Partial<Pick<U, 'position' | 'failures' | 'totals' | 'isDone' | 'dueAt'>>;

/** The units of runs. */
export interface UnitStore<U extends Unit> {
  /** Adds a unit, unless there is one with this number. */
  plan(unit: U): Promise<void>;
  /** In the order of their numbers. */
  all(runId: string): Promise<U[]>;
  read(runId: string, number: number): Promise<U | undefined>;
  /** Undefined when another task has worked on the unit since it was read. */
  commit(unit: U, change: UnitChange<U>): Promise<U | undefined>;
}

/** The run that is going on, or the last one that was. */
export interface CurrentRun {
  runId: string;
  /** ISO 8601: when it was started. */
  at: string;
}

/** Runs and their progress. Each write is one conditional write of one item. */
export interface RunStore<R extends Run, Change> {
  /** The run that was last named as the current one. */
  current(): Promise<CurrentRun | undefined>;
  /** Names the current run, in the place of the one that was read. False when another one was named meanwhile. */
  makeCurrent(run: CurrentRun, replaces: CurrentRun | undefined): Promise<boolean>;
  create(run: R): Promise<void>;
  /** Undefined also for a run whose row cannot be read. */
  read(runId: string): Promise<R | undefined>;
  /** Changes a run that is still as it was read; undefined when it is not. */
  advance(run: R, change: Change): Promise<R | undefined>;
  /** Notes that a unit is done; may be repeated. Undefined when the run is over. */
  markDone(runId: string, unit: number, at: string): Promise<R | undefined>;
}
