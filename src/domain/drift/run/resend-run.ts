import type { Journal } from '../../journal.ts';
import { lostUnits } from '../../long-work/lost-units.ts';
import { type DriftTask, TASK_MS, type TaskQueue } from '../../task.ts';
import type { DriftDependencies } from '../drift-dependencies.ts';
import { type DriftRun, isOver, laneOf } from '../runs.ts';

type Resending = Pick<DriftDependencies, 'runs' | 'units' | 'runtime'> & {
  tasks: TaskQueue;
  journal: Journal;
  limits: Pick<DriftDependencies['limits'], 'parallelWindows'>;
};

/**
 * Sends the tasks of the current drift run again when it has made no progress for this long (ms). Returns how many it
 * sent.
 */
export async function resendLostRun(deps: Resending, stalledMs: number): Promise<number> {
  const current = await deps.runs.current();
  const run = current && (await deps.runs.read(current.runId));
  if (!run || isOver(run)) return 0;
  const tasks = await lostTasks(deps, run, deps.runtime.now() - stalledMs);
  for (const task of tasks) await deps.tasks.send(task);
  if (tasks.length > 0) deps.journal.record({ code: 'DRIFT_RUN_RESENT', runId: run.runId, count: tasks.length });
  return tasks.length;
}

async function lostTasks({ units, limits }: Resending, run: DriftRun, sinceMs: number): Promise<DriftTask[]> {
  const { runId, status, updatedAt } = run;
  // A healing task may be waiting for a removal that another task has noted.
  const since = new Date(status === 'healing' ? sinceMs - TASK_MS : sinceMs).toISOString();
  if (updatedAt >= since) return [];
  if (status === 'planning') return [{ kind: 'drift-plan', runId }];
  if (status === 'healing') return [{ kind: 'drift-heal', runId }];
  // The last task crashed before it could end the run.
  if (run.done.length === run.unitCount) return [{ kind: 'drift-window', runId, unit: 0 }];
  const chains = { laneOf, parallelUnits: limits.parallelWindows };
  const lost = lostUnits(chains, { run, units: await units.all(runId), since });
  return lost.map(({ number: unit }) => ({ kind: 'drift-window', runId, unit }));
}
