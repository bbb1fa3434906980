import { organisationOf } from '../../account/scope.ts';
import { nameOf } from '../../journal.ts';
import type { AfterFailure, Progress } from '../../long-work/long-work.ts';
import { loggedAs, Problem } from '../../problem.ts';
import { isoNow } from '../../runtime.ts';
import type { DriftCall, DriftDependencies } from '../drift-dependencies.ts';
import type { Finding } from '../finding.ts';
import { AT_THE_START, type DriftUnit } from '../runs.ts';
import { forgetKey } from '../scope-account.ts';
import { newTally, tallyFinding } from '../tally.ts';
import { positionAfter, scopeAt } from './step.ts';

/** The longest that a task is put back for, in seconds (SQS allows 900). */
const LONGEST_DELAY_S = 900;

/**
 * Decides whether to repeat a failed step at once or later. After enough failures this part of the fleet is given up
 * and reported as unknown: the failure of one scope is one line, and every run comes to its end.
 */
export async function afterFailure(
  call: DriftCall,
  { unit, error, failures }: { unit: DriftUnit; error: unknown; failures: number },
): Promise<AfterFailure<DriftUnit>> {
  const cause = error instanceof Problem ? error.code : nameOf(error);
  const scope = scopeAt(unit) ?? 'platform';
  call.journal.record({ code: 'DRIFT_STEP_FAILED', runId: call.runId, scope, cause, failures });
  const repeat = repeatOf(error);
  if (repeat === 'with-new-key') forgetKey(call, scope);
  const most = repeat === 'with-new-key' ? 2 : call.limits.maxFailures;
  if (repeat === 'never' || failures >= most) {
    return { kind: 'give-up', progress: await reportUnknown(call, unit, { cause, error }) };
  }
  return repeat === 'with-new-key'
    ? { kind: 'again' }
    : { kind: 'later', reason: cause, afterSeconds: delayAfter(error) };
}

/** A rotated key is read anew at once; a wrong secret does not become right by waiting. */
function repeatOf(error: unknown): 'later' | 'with-new-key' | 'never' {
  if (!(error instanceof Problem)) return 'later';
  if (error.code === 'VAPI_UNAUTHORIZED') return 'with-new-key';
  return error.retryable ? 'later' : 'never';
}

function delayAfter(error: unknown): number {
  const asked = error instanceof Problem ? error.retryAfterSeconds : undefined;
  return Math.min(asked ?? 1, LONGEST_DELAY_S);
}

async function reportUnknown(
  { runtime, findings }: DriftDependencies,
  unit: DriftUnit,
  { cause, error }: { cause: string; error: unknown },
): Promise<Progress<DriftUnit>> {
  const scope = scopeAt(unit) ?? 'platform';
  const tally = newTally();
  const finding: Finding = {
    id: scope === 'platform' ? `${scope}#unit-${unit.number}` : scope,
    class: 'unknown',
    scope,
    orgId: organisationOf(scope),
    cause,
    // Vapi's own words could quote what was sent.
    detail: (error instanceof Problem ? loggedAs(error).detail : undefined) ?? 'See the log of this run.',
    mode: 'report',
    foundAt: isoNow(runtime),
  };
  tallyFinding(tally, finding);
  await findings.save(unit.runId, [finding]);
  const next = positionAfter(unit);
  return { totals: tally.totals, position: next ?? AT_THE_START, isDone: next === undefined };
}
