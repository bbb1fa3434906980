import { isoNow } from '../../runtime.ts';
import type { DriftCall, DriftDependencies } from '../drift-dependencies.ts';
import { isSuspicious } from '../heal/brakes.ts';
import { type DriftRun, GROUPS, type Group } from '../runs.ts';
import { addTotals, noTotals, type Totals } from '../totals.ts';
import { closeRun } from './close-run.ts';

/** Called when everything is checked: starts the healing, or closes the run when there is nothing to heal. */
export async function endCheck(call: DriftCall, run: DriftRun): Promise<string> {
  if (run.status === 'healing') {
    await call.tasks.send({ kind: 'drift-heal', runId: run.runId });
    return 'healing';
  }
  const sums = await sumUp(call, run.runId);
  const totals = addTotals(sums.platform, sums.organisations);
  const suspicious = GROUPS.filter((group) => isSuspicious(sums[group]));
  if (totals.actionable === 0) return await closeRun(call, { run, totals, suspicious });
  const updatedAt = isoNow(call.runtime);
  const healing = { version: 0, suspicious, reapplied: 0, resumed: 0, removed: 0, kept: {} };
  await call.runs.advance(run, { status: 'healing', healing, updatedAt });
  // A faster task may have changed the status and crashed before it sent this.
  await call.tasks.send({ kind: 'drift-heal', runId: run.runId });
  return 'healing';
}

/** The totals of all units, by the group that brakes apply to. */
export async function sumUp(
  { units }: Pick<DriftDependencies, 'units'>,
  runId: string,
): Promise<Record<Group, Totals>> {
  const sums: Record<Group, Totals> = { platform: noTotals(), organisations: noTotals() };
  for (const unit of await units.all(runId)) {
    const group: Group = unit.work.kind === 'accounts' ? 'organisations' : 'platform';
    sums[group] = addTotals(sums[group], unit.totals);
  }
  return sums;
}
