import type { Runtime } from '../runtime.ts';

/** One run of a long work, divided into units. Times are ISO 8601 in UTC. */
export interface Run {
  /** Sorts by the time of its start. */
  runId: string;
  startedAt: string;
  /** When something was last finished: a run that stands still is given up by the next. */
  updatedAt: string;
  /** How many units there are; known when all are planned. */
  unitCount?: number;
  /** Numbers of the units that are done. */
  done: readonly number[];
}

/** An id that sorts by the time of the start (ISO 8601), to the second. */
export function newRunId(startedAt: string, { uniqueId }: Pick<Runtime, 'uniqueId'>): string {
  return `${startedAt.replace(/[-:]|\.\d+/g, '')}-${uniqueId().slice(0, 8)}`;
}

/** A part of a run that one task at a time works on. */
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
  /** When something was last done about it, or until when it waits (ISO 8601); absent before the first step. */
  dueAt?: string | undefined;
}

export type UnitChange<U extends Unit> = Partial<Pick<U, 'position' | 'failures' | 'totals' | 'isDone' | 'dueAt'>>;

/** The units of runs. */
export interface UnitStore<U extends Unit> {
  /** Keeps the unit that is there already, if there is one with this number. */
  plan(unit: U): Promise<void>;
  /** In the order of their numbers. */
  all(runId: string): Promise<U[]>;
  read(runId: string, number: number): Promise<U | undefined>;
  /** Undefined when another task has gone on with the unit since it was read. */
  commit(unit: U, change: UnitChange<U>): Promise<U | undefined>;
}

/** The run that is going on, or the last that was. */
export interface CurrentRun {
  runId: string;
  /** ISO 8601: when it was started. */
  at: string;
}

/** Runs and their progress. Each write is one conditional write of one item. */
export interface RunStore<R extends Run, Change> {
  /** The run that was named last as the one that is going on. */
  current(): Promise<CurrentRun | undefined>;
  /**
   * Names a run as the one that is going on, in the place of the one that was read. False when another was named
   * meanwhile.
   */
  makeCurrent(run: CurrentRun, replaces: CurrentRun | undefined): Promise<boolean>;
  create(run: R): Promise<void>;
  /** Undefined also for a run whose row cannot be read. */
  read(runId: string): Promise<R | undefined>;
  /** Changes a run that is still as it was read; undefined when it is not. */
  advance(run: R, change: Change): Promise<R | undefined>;
  /** Notes that a unit is done, however often it is said; undefined when the run is over. */
  markDone(runId: string, unit: number, at: string): Promise<R | undefined>;
}
