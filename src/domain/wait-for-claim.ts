import type { Claim } from './claim.ts';
import type { Operation, SyncDependencies } from './operation.ts';
import { Problem } from './problem.ts';
import { FINISH_RESERVE_MS, POLL_FIRST_MS, POLL_LONGEST_MS } from './sync-timing.ts';

/**
 * Pauses before another look at a row that somebody else holds: longer each time, with jitter, and not beyond the end of
 * the claim. Throws `SYNC_IN_PROGRESS` when there is no time left for it.
 */
export async function waitForClaim(
  deps: SyncDependencies,
  { deadline, journal }: Operation,
  { claim, round }: { claim: Claim; round: number },
): Promise<void> {
  const { runtime } = deps;
  const untilEnd = Math.max(Date.parse(claim.expiresAt) - runtime.now(), 0);
  const longest = Math.min(POLL_FIRST_MS * 2 ** Math.min(round, 10), POLL_LONGEST_MS);
  const pause = Math.min(longest * (0.5 + runtime.random() / 2), untilEnd + 1);
  if (deadline.remainingMs() < pause + FINISH_RESERVE_MS) throw inProgress(untilEnd);
  if (round === 0) journal.record({ code: 'CLAIM_AWAITED', holder: claim.operation });
  await runtime.sleep(pause);
}

/** Throws `SYNC_IN_PROGRESS` when so many others were faster that no time is left to start over. */
export function assertTimeLeft({ deadline }: Operation): void {
  if (deadline.remainingMs() < FINISH_RESERVE_MS) throw inProgress(0);
}

function inProgress(untilEndMs: number): Problem {
  const retryAfterSeconds = Math.max(1, Math.ceil(untilEndMs / 1000));
  return new Problem(
    'SYNC_IN_PROGRESS',
    `Another call is changing this assistant. Repeat the request; at the latest in ${retryAfterSeconds} s the other call is over.`,
    { retryAfterSeconds },
  );
}
