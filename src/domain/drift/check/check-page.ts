import type { ScopeKey } from '../../account/scope.ts';
import type { Resource } from '../../account/vapi-account.ts';
import { ownerOf } from '../../configuration/owner.ts';
import { CALL_KINDS, type PacedAccount } from '../../long-work/paced-account.ts';
import { isReadable } from '../../mapping/organisation-view.ts';
import type { DriftDependencies } from '../drift-dependencies.ts';
import { retirementsOf } from '../retirements.ts';
import type { DriftRun } from '../runs.ts';
import { newTally, type Tally, tallyRetirements } from '../tally.ts';
import { checkListed, checkUnlisted } from './check-row.ts';
import { checkStray } from './check-stray.ts';
import { joinPage } from './join-page.ts';
import { readPage, readRows } from './read-page.ts';
import { reportUnreadable } from './report-row.ts';
import { type ScopeCheck, specsOf } from './scope-check.ts';
import type { Window } from './window.ts';

/** How many seconds' worth of calls one step may spend on closer looks. */
const STEP_SECONDS = 5;

interface PageCheck {
  deps: DriftDependencies;
  run: DriftRun;
  scope: ScopeKey;
  account: PacedAccount;
  window: Window;
}

interface PageResult extends Tally {
  /** The end of what is left of the window (epoch ms, exclusive); absent when nothing is left. */
  to?: number;
}

/** Checks the newest assistants of a window: one page of Vapi's list against the index. */
export async function checkPage({ deps, run, scope, account, window }: PageCheck): Promise<PageResult> {
  const { pageSize, callsPerSecond } = deps.limits;
  const before = { ...account.calls };
  const listedAt = deps.runtime.now();
  const page = await readPage(account, window, pageSize);
  const stretch = page.completeFrom === undefined ? window : { ...window, from: page.completeFrom };
  const rows = await readRows(deps.fleet, { scope, window: stretch, limit: pageSize * 2 });
  const isOurs = (live: Resource) => ownerOf(live, deps.deployment) !== undefined;
  const joined = joinPage({ page, rows, isOurs, most: Math.max(1, Math.floor(callsPerSecond * STEP_SECONDS)) });
  const known = [...joined.pairs.map(({ row }) => row), ...joined.unlisted];
  const configurations = await deps.fleet.configurations(known.filter(isReadable).flatMap(specsOf));
  const check: ScopeCheck = { deps, run, scope, account, tally: newTally(), listedAt, configurations };
  // Rows first: a key that opens another account shows itself there, before anything is said of what that account
  // holds.
  for (const row of joined.unlisted) {
    if (isReadable(row)) await checkUnlisted(check, row);
    else reportUnreadable(check, row);
  }
  for (const { row, live } of joined.pairs) {
    if (isReadable(row)) {
      tallyRetirements(check.tally, retirementsOf(live, row));
      await checkListed(check, row, live);
    } else reportUnreadable(check, row);
  }
  for (const live of joined.unmapped) await checkStray(check, live);
  for (const kind of CALL_KINDS) check.tally.totals[kind] += account.calls[kind] - before[kind];
  return { ...check.tally, to: joined.completeFrom };
}
