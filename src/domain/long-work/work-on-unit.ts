import { type Deadline, isoNow } from '../runtime.ts';
import type { TaskEnd } from '../task.ts';
import type { LongWork, Progress } from './long-work.ts';
import type { Run, Unit } from './run.ts';

type Advance<U> = { kind: 'on'; unit: U } | { kind: 'overtaken' } | { kind: 'wait'; end: TaskEnd };

/** The unit of a run to work on, and the deadline. */
interface UnitCall {
  runId: string;
  unit: number;
  deadline: Deadline;
}

/**
 * Works on a unit step by step, noting the progress after each: a task that crashes, comes twice or comes late goes on
 * from there, and of two on the same unit one gives way. When time runs out, another task does the rest.
 */
export async function workOnUnit<R extends Run, U extends Unit>(
  work: LongWork<R, U>,
  { runId, unit: number, deadline }: UnitCall,
): Promise<TaskEnd> {
  const run = await work.runs.read(runId);
  let unit = await work.units.read(runId, number);
  if (!run || !unit || work.isOver(run)) return done('over');
  while (!unit.isDone) {
    if (deadline.remainingMs() < work.stepMs) {
      await work.tasks.send(work.unitTask(runId, number));
      return done('continued');
    }
    const next: Advance<U> = await advance(work, run, unit);
    if (next.kind === 'wait') return next.end;
    if (next.kind === 'overtaken') return done('overtaken');
    unit = next.unit;
  }
  return done(await finishUnit(work, unit));
}

function done(outcome: string): TaskEnd {
  return { kind: 'done', outcome };
}

async function advance<R extends Run, U extends Unit>(work: LongWork<R, U>, run: R, unit: U): Promise<Advance<U>> {
  try {
    return await note(work, unit, await work.takeStep(run, unit));
  } catch (error) {
    return await goOnAfter(work, unit, error);
  }
}

async function note<R extends Run, U extends Unit>(
  work: LongWork<R, U>,
  unit: U,
  { position, isDone, totals }: Progress<U>,
): Promise<Advance<U>> {
  const sum = work.addTotals(unit.totals, totals);
  const dueAt = isoNow(work.runtime);
  const committed = await work.units.commit(unit, { position, isDone, totals: sum, failures: 0, dueAt });
  return committed ? { kind: 'on', unit: committed } : { kind: 'overtaken' };
}

async function goOnAfter<R extends Run, U extends Unit>(
  work: LongWork<R, U>,
  unit: U,
  error: unknown,
): Promise<Advance<U>> {
  const failures = unit.failures + 1;
  const next = await work.afterFailure(unit, { error, failures });
  if (next.kind === 'give-up') return await note(work, unit, next.progress);
  const waitMs = next.kind === 'later' ? next.afterSeconds * 1000 : 0;
  const dueAt = new Date(work.runtime.now() + waitMs).toISOString();
  const committed = await work.units.commit(unit, { failures, dueAt });
  if (!committed) return { kind: 'overtaken' };
  return next.kind === 'again' ? { kind: 'on', unit: committed } : { kind: 'wait', end: next };
}

/**
 * Notes that a unit is done, sends the task of the next one in its lane, and ends the run when it was the last, in
 * whatever order the others ended. May be called again after any of its steps: each is done once, or may be repeated.
 */
async function finishUnit<R extends Run, U extends Unit>(work: LongWork<R, U>, unit: U): Promise<string> {
  const { runId, number } = unit;
  const run = await work.runs.markDone(runId, number, isoNow(work.runtime));
  if (!run) return 'over';
  const successor = await work.units.read(runId, number + work.parallelUnits);
  if (successor && !successor.isDone && work.laneOf(successor) === work.laneOf(unit)) {
    await work.tasks.send(work.unitTask(runId, successor.number));
  }
  if (run.unitCount === undefined || run.done.length < run.unitCount) return 'checked';
  return await work.end(run);
}
