import type { Runtime } from '../runtime.ts';
import type { Task, TaskQueue } from '../task.ts';
import type { Run, RunStore, Unit, UnitStore } from './run.ts';

/** The result of one step of a unit. */
export type Progress<U extends Unit> = Pick<U, 'position' | 'totals' | 'isDone'>;

/** How to go on after a failed step: repeat it at once, repeat it later, or give up and count this as the result. */
export type AfterFailure<U extends Unit> =
  | { kind: 'again' }
  | { kind: 'later'; reason: string; afterSeconds: number }
  | { kind: 'give-up'; progress: Progress<U> };

/**
 * A kind of long work: what has to be done. How it is done is the same for all kinds: a plan divided into units, steps
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

  /** The task that goes on with the planning. */
  planTask(runId: string): Task;
  /** The task that goes on with a unit. */
  unitTask(runId: string, unit: number): Task;

  isOver(run: R): boolean;
  isPlanned(run: R): boolean;
  /** The unit after those that are planned; undefined when all are planned. */
  nextUnit(run: R, planned: readonly U[]): Promise<U | undefined>;
  /** Notes that all units are planned. */
  begin(run: R, unitCount: number): Promise<void>;
  /** The lane of a unit: units of one lane are worked on in the order of their numbers. */
  laneOf(unit: U): string;

  /** Takes the next step of a unit and stores what it found. Throws on failure; progress is then not noted. */
  takeStep(run: R, unit: U): Promise<Progress<U>>;
  /**
   * Decides how to go on after a failure; `failures` includes this one. Stores what there is to report before it
   * returns.
   */
  afterFailure(unit: U, failed: { error: unknown; failures: number }): Promise<AfterFailure<U>>;
  addTotals(a: U['totals'], b: U['totals']): U['totals'];

  /** Called when all units are done, perhaps more than once. Returns the outcome for the log. */
  end(run: R): Promise<string>;
}
