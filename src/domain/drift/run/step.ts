import type { ScopeKey } from '../../account/scope.ts';
import { isReadable } from '../../mapping/organisation-view.ts';
import { Problem } from '../../problem.ts';
import { checkPage } from '../check/check-page.ts';
import { checkClaimed } from '../check/check-row.ts';
import { checkToolRows, reportUnreadable } from '../check/report-row.ts';
import type { Window } from '../check/window.ts';
import type { DriftCall, DriftDependencies } from '../drift-dependencies.ts';
import type { DriftRun, DriftUnit, Position } from '../runs.ts';
import { keyIsGone, openAccount } from '../scope-account.ts';
import { newTally, type Tally } from '../tally.ts';

/** The result of one step of a unit: what it found, and how far it came. */
interface Step extends Tally {
  position: Position;
  isDone: boolean;
}

/** The unit whose next step is taken, and its run. */
interface StepInput {
  run: DriftRun;
  unit: DriftUnit;
}

/** Checks the next page of a unit. Throws on failure; nothing is recorded then. */
export async function takeStep(call: DriftCall, input: StepInput): Promise<Step> {
  const { work } = input.unit;
  switch (work.kind) {
    case 'window':
      return await stepInWindow(call, input, work.window);
    case 'accounts':
      return await stepInAccounts(call, input, work.orgIds);
    case 'unfinished':
      return await stepInUnfinished(call, input);
  }
}

/** The scope that the next step of a unit looks at; undefined when nothing is left. */
export function scopeAt({ work, position }: DriftUnit): ScopeKey | undefined {
  if (work.kind !== 'accounts') return 'platform';
  const orgId = work.orgIds[position.account];
  return orgId === undefined ? undefined : `org:${orgId}`;
}

/**
 * The position after the account that a unit stands at, for when that cannot be checked. Undefined when it was the
 * last.
 */
export function positionAfter({ work, position }: DriftUnit): Position | undefined {
  if (work.kind !== 'accounts') return undefined;
  const account = position.account + 1;
  return account < work.orgIds.length ? { account } : undefined;
}

async function stepInWindow(call: DriftCall, { run, unit }: StepInput, window: Window): Promise<Step> {
  const account = await openAccount(call, 'platform');
  if (!account) throw new Problem('CREDENTIALS_MISSING', 'There is no key for the platform’s account.');
  const { position } = unit;
  const left = position.to === undefined ? window : { ...window, to: position.to };
  const { totals, findings, to } = await checkPage({ deps: call, run, scope: 'platform', account, window: left });
  const isDone = to === undefined;
  if (isDone) totals.checked += 1;
  return { totals, findings, position: isDone ? position : { ...position, to }, isDone };
}

async function stepInAccounts(call: DriftCall, { run, unit }: StepInput, orgIds: readonly string[]): Promise<Step> {
  const { position } = unit;
  const orgId = orgIds[position.account];
  if (orgId === undefined) return { ...newTally(), position, isDone: true };
  const next = positionAfter(unit);
  const end = { position: next ?? position, isDone: next === undefined };
  const scope: ScopeKey = `org:${orgId}`;
  const account = await openAccount(call, scope);
  if (!account) return { ...(await checkAbandoned(call, orgId)), ...end };
  const window = position.to === undefined ? {} : { to: position.to };
  const { totals, findings, to } = await checkPage({ deps: call, run, scope, account, window });
  if (to !== undefined) return { totals, findings, position: { ...position, to }, isDone: false };
  totals.checked += 1;
  await checkToolRows({ deps: call, run, scope, tally: { totals, findings } });
  return { totals, findings, ...end };
}

/**
 * For an organisation without a key of its own. Throws `CREDENTIALS_MISSING` when its mappings were left behind in its
 * own account; otherwise there is nothing to check.
 */
async function checkAbandoned({ fleet }: DriftDependencies, orgId: string): Promise<Tally> {
  const { items } = await fleet.rows({ scope: `org:${orgId}`, window: {}, limit: 1 });
  if (items.length > 0) throw keyIsGone(orgId);
  return newTally();
}

async function stepInUnfinished(call: DriftCall, { run, unit }: StepInput): Promise<Step> {
  const { position } = unit;
  const { items, next } = await call.fleet.unfinished({
    limit: call.limits.pageSize,
    after: position.after,
  });
  const tally = newTally();
  const check = { deps: call, run, scope: 'platform' as const, tally };
  for (const row of items) {
    if (isReadable(row)) await checkClaimed(check, row);
    else reportUnreadable(check, row);
  }
  if (!next) await checkToolRows(check);
  return { ...tally, position: next ? { ...position, after: next } : position, isDone: next === undefined };
}
