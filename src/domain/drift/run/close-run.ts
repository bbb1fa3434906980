import type { DriftCall } from '../drift-dependencies.ts';
import { commonCauses } from '../heal/brakes.ts';
import { retiringSoon } from '../retirements.ts';
import type { DriftRun, Group, HealCounts, Healing, RunSummary } from '../runs.ts';
import { forgetGone } from '../strays.ts';
import type { Totals } from '../totals.ts';

/** Closes a run. Of several tasks that try exactly one does it, and records the outcome. */
export async function closeRun(
  call: DriftCall,
  { run, totals, suspicious }: { run: DriftRun; totals: Totals; suspicious: readonly Group[] },
): Promise<string> {
  const { runtime, runs, tasks, journal } = call;
  const now = runtime.now();
  await forgetGone(call, run);
  const closedAt = new Date(now).toISOString();
  const { healing } = run;
  const outcome = {
    suspicious,
    common: commonCauses(totals),
    healed: healing && healedIn(healing),
    durationMs: now - Date.parse(run.startedAt),
  };
  const summary: RunSummary = { totals, ...outcome };
  const closed = await runs.advance(run, { status: 'closed', closedAt, summary, updatedAt: closedAt });
  if (!closed) return 'over';
  // If this is lost, the next run does it.
  if (run.mode.ceiling === 'heal') await tasks.send({ kind: 'collect-tools', runId: run.runId });
  const { classes, lists, gets, checked, unknown } = totals;
  const { runId } = run;
  const retiring = retiringSoon(totals.retirements, now);
  journal.record({ code: 'DRIFT_RUN_CLOSED', runId, classes, unknown, checked, lists, gets, retiring, ...outcome });
  return 'closed';
}

function healedIn({ reapplied, resumed, removed, kept }: Healing): HealCounts {
  return { reapplied, resumed, removed, kept };
}
