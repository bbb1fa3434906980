import type { Runtime } from '../runtime.ts';
import type { Task, TaskQueue } from '../task.ts';
import type { Run, RunStore, Unit, UnitStore } from './run.ts';

/** What one step of a unit has come to. */
export type Progress<U extends Unit> = Pick<U, 'position' | 'totals' | 'isDone'>;

/** How to go on after a step that failed: at once, later, or with this in the place of the step. */
export type AfterFailure<U extends Unit> =
  | { kind: 'again' }
  | { kind: 'later'; reason: string; afterSeconds: number }
  | { kind: 'give-up'; progress: Progress<U> };

/**
 * A kind of long work: what is to be done. How it is done is the same for all kinds: a plan divided into units, steps
 * within the time of a task, progress that is written before it is relied on, resumed after a crash, ended once.
 */
export interface LongWork<R extends Run, U extends Unit> {
  runtime: Runtime;
  tasks: TaskQueue;
  runs: Pick<RunStore<R, never>, 'read' | 'markDone'>;
  units: UnitStore<U>;
  /** Units of one lane that are worked on at a time. */
  parallelUnits: number;
  /** A step is not begun with less than this left, in ms. */
  stepMs: number;

  /** The message that goes on with the planning. */
  planTask(runId: string): Task;
  /** The message that goes on with a unit. */
  unitTask(runId: string, unit: number): Task;

  isOver(run: R): boolean;
  isPlanned(run: R): boolean;
  /** What comes after the units that are planned; undefined when that is all. */
  nextUnit(run: R, planned: readonly U[]): Promise<U | undefined>;
  /** Notes that all units are planned. */
  begin(run: R, unitCount: number): Promise<void>;
  /** Units of one lane follow each other, in the order of their numbers. */
  laneOf(unit: U): string;

  /** Does the next step of a unit, and keeps what it found. Throws what went wrong; then nothing is noted. */
  takeStep(run: R, unit: U): Promise<Progress<U>>;
  /** Decides after a failure; `failures` counts this one. What is found of it is kept before this returns. */
  afterFailure(unit: U, failed: { error: unknown; failures: number }): Promise<AfterFailure<U>>;
  addTotals(a: U['totals'], b: U['totals']): U['totals'];

  /** All units are done. May be called again. Returns what came of the run so far, for the log. */
  end(run: R): Promise<string>;
}
