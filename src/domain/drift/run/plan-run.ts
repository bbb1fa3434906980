import { isoNow } from '../../runtime.ts';
import type { TaskEnd } from '../../task.ts';
import type { DriftCall, DriftDependencies } from '../drift-dependencies.ts';
import { AT_THE_START, type DriftRun, type Unit, type Work } from '../runs.ts';
import { noTotals } from '../totals.ts';

/** Planning is not gone on with when less than this is left, in ms. */
const PLANNING_MS = 5_000;

/**
 * Divides a fleet into units: windows of the platform's account, cut where the index has as many rows as a window is to
 * have pages for, then organisations with accounts of their own in batches, then the rows that name no assistant. The first
 * and the last window are open, so that nothing falls outside. What was planned stays when a plan is taken up again.
 */
export async function planRun(deps: DriftDependencies, call: DriftCall): Promise<TaskEnd> {
  const { runId, deadline } = call;
  const run = await deps.runs.read(runId);
  if (!run || run.status === 'closed' || run.status === 'abandoned') return { kind: 'done', outcome: 'over' };
  const planned = await deps.units.all(runId);
  if (run.status === 'planning') {
    for (let work = await nextWork(deps, planned); work; work = await nextWork(deps, planned)) {
      if (deadline.remainingMs() < PLANNING_MS) {
        await deps.tasks.send({ kind: 'drift-plan', runId });
        return { kind: 'done', outcome: 'continued' };
      }
      const unit = newUnit(runId, { number: planned.length, work });
      await deps.units.plan(unit);
      planned.push((await deps.units.read(runId, unit.number)) ?? unit);
    }
  }
  return await begin(deps, { run, planned });
}

function newUnit(runId: string, { number, work }: Pick<Unit, 'number' | 'work'>): Unit {
  return {
    runId,
    number,
    work,
    version: 0,
    position: AT_THE_START,
    failures: 0,
    totals: noTotals(),
    isDone: false,
  };
}

/** What comes after the units that are planned; undefined when that is all. */
async function nextWork(deps: DriftDependencies, planned: readonly Unit[]): Promise<Work | undefined> {
  const last = planned.at(-1)?.work;
  if (last?.kind === 'unfinished') return undefined;
  if (!last) return await nextWindow(deps, undefined);
  if (last.kind === 'window' && last.window.from !== undefined) return await nextWindow(deps, last.window.from);
  const after = last.kind === 'accounts' ? last.orgIds.at(-1) : undefined;
  const { items } = await deps.fleet.ownAccounts({ limit: deps.limits.batchSize, ...(after ? { after } : {}) });
  return items.length > 0 ? { kind: 'accounts', orgIds: items } : { kind: 'unfinished' };
}

async function nextWindow({ fleet, limits }: DriftDependencies, to: number | undefined): Promise<Work> {
  const upper = to === undefined ? {} : { to };
  const from = await fleet.cut({ scope: 'platform', ...upper, count: limits.pageSize * limits.windowPages });
  return { kind: 'window', window: { ...upper, ...(from === undefined ? {} : { from }) } };
}

/** Sends the first units of each kind; each sends the next when it is done, so that no more are under way at a time. */
async function begin(
  deps: DriftDependencies,
  { run, planned }: { run: DriftRun; planned: readonly Unit[] },
): Promise<TaskEnd> {
  const { runId } = run;
  const updatedAt = isoNow(deps.runtime);
  await deps.runs.advance(run, { status: 'checking', unitCount: planned.length, updatedAt });
  for (const kind of ['window', 'accounts', 'unfinished'] as const) {
    const first = planned.filter((unit) => unit.work.kind === kind).slice(0, deps.limits.parallelWindows);
    for (const { number } of first) await deps.tasks.send({ kind: 'drift-window', runId, unit: number });
  }
  return { kind: 'done', outcome: 'planned' };
}
