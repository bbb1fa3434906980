import type { Deadline } from '../runtime.ts';
import type { TaskEnd } from '../task.ts';
import type { LongWork } from './long-work.ts';
import type { Run, Unit } from './run.ts';

/** Planning goes on only with at least this much time left, in ms. */
const PLANNING_MS = 5_000;

/**
 * Divides a run into units, and sends the tasks of the first ones of each lane. May be repeated: units that are planned
 * stay.
 */
export async function planRun<R extends Run, U extends Unit>(
  work: LongWork<R, U>,
  runId: string,
  deadline: Deadline,
): Promise<TaskEnd> {
  const run = await work.runs.read(runId);
  if (!run || work.isOver(run)) return { kind: 'done', outcome: 'over' };
  const planned = await work.units.all(runId);
  if (!work.isPlanned(run)) {
    for (let unit = await work.nextUnit(run, planned); unit; unit = await work.nextUnit(run, planned)) {
      if (deadline.remainingMs() < PLANNING_MS) {
        await work.tasks.send(work.planTask(runId));
        return { kind: 'done', outcome: 'continued' };
      }
      await work.units.plan(unit);
      planned.push((await work.units.read(runId, unit.number)) ?? unit);
    }
    await work.begin(run, planned.length);
  }
  // Sent also by a repeated or late planning task: the planner may have crashed before it sent them, and the run is
  // then past its planning.
  await sendFirst(work, planned);
  return { kind: 'done', outcome: 'planned' };
}

/** Each unit that is done sends the next of its lane, so that no more are worked on at a time. */
async function sendFirst<R extends Run, U extends Unit>(work: LongWork<R, U>, planned: readonly U[]): Promise<void> {
  for (const lane of new Set(planned.map((unit) => work.laneOf(unit)))) {
    const first = planned.filter((unit) => work.laneOf(unit) === lane).slice(0, work.parallelUnits);
    for (const { runId, number } of first) await work.tasks.send(work.unitTask(runId, number));
  }
}
