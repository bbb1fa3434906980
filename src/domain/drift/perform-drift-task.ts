import { planRun } from '../long-work/plan-run.ts';
import { workOnUnit } from '../long-work/work-on-unit.ts';
import type { DriftTask, TaskEnd } from '../task.ts';
import type { DriftCall, DriftDependencies } from './drift-dependencies.ts';
import { healRun } from './heal/heal-run.ts';
import { driftWork } from './run/drift-work.ts';
import { collectTools } from './tools/collect-tools.ts';

/** Performs one task of a drift run. */
export async function performDriftTask(
  deps: DriftDependencies,
  { journal, deadline }: Pick<DriftCall, 'journal' | 'deadline'>,
  task: DriftTask,
): Promise<TaskEnd> {
  const { runId } = task;
  const call: DriftCall = { ...deps, runId, by: { kind: 'drift', id: runId }, journal, deadline };
  switch (task.kind) {
    case 'drift-plan':
      return await planRun(driftWork(call), call.runId, deadline);
    case 'drift-window':
      return await workOnUnit(driftWork(call), { runId: call.runId, unit: task.unit, deadline });
    case 'drift-heal':
      return await healRun(call);
    case 'collect-tools':
      return await collectTools(call, task);
  }
}
