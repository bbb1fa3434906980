import type { DriftDependencies } from '../drift-dependencies.ts';
import { AT_THE_START, type DriftRun, type DriftUnit, type Work } from '../runs.ts';
import { noTotals } from '../totals.ts';

/**
 * Plans the next unit of a fleet: first windows of the platform's account, each with as many rows as its pages hold,
 * then organisations with accounts of their own in batches, then the rows that name no assistant. The first and the
 * last window are open, so that nothing falls outside. Undefined when all units are planned.
 */
export async function nextUnit(
  deps: DriftDependencies,
  { runId }: DriftRun,
  planned: readonly DriftUnit[],
): Promise<DriftUnit | undefined> {
  const work = await nextWork(deps, planned);
  if (!work) return undefined;
  const number = planned.length;
  return { runId, number, work, version: 0, position: AT_THE_START, failures: 0, totals: noTotals(), isDone: false };
}

async function nextWork(deps: DriftDependencies, planned: readonly DriftUnit[]): Promise<Work | undefined> {
  const last = planned.at(-1)?.work;
  if (last?.kind === 'unfinished') return undefined;
  if (!last) return await nextWindow(deps, undefined);
  if (last.kind === 'window' && last.window.from !== undefined) return await nextWindow(deps, last.window.from);
  const after = last.kind === 'accounts' ? last.orgIds.at(-1) : undefined;
  const { items } = await deps.fleet.ownAccounts({ limit: deps.limits.batchSize, after });
  return items.length > 0 ? { kind: 'accounts', orgIds: items } : { kind: 'unfinished' };
}

async function nextWindow({ fleet, limits }: DriftDependencies, to: number | undefined): Promise<Work> {
  const from = await fleet.cut({ scope: 'platform', to, count: limits.pageSize * limits.windowPages });
  return { kind: 'window', window: { from, to } };
}
