import type { DriftTask, TaskEnd } from '../task.ts';
import type { DriftCall, DriftDependencies } from './drift-dependencies.ts';
import { healRun } from './heal/heal-run.ts';
import { checkUnit } from './run/check-unit.ts';
import { planRun } from './run/plan-run.ts';
import { collectTools } from './tools/collect-tools.ts';

/** Does one task of a drift run. */
export async function performDriftTask(
  deps: DriftDependencies,
  { journal, deadline }: Pick<DriftCall, 'journal' | 'deadline'>,
  task: DriftTask,
): Promise<TaskEnd> {
  const call: DriftCall = { runId: task.runId, journal, deadline };
  switch (task.kind) {
    case 'drift-plan':
      return await planRun(deps, call);
    case 'drift-window':
      return await checkUnit(deps, call, task.unit);
    case 'drift-heal':
      return await healRun(deps, call);
    case 'collect-tools':
      return await collectTools(deps, call, task);
  }
}
