import type { Operation } from '../operation.ts';
import { Problem, secondsOf } from '../problem.ts';
import { FINISH_RESERVE_MS, POLL_FIRST_MS, POLL_LONGEST_MS } from '../timing.ts';
import type { Claim } from './claim.ts';

/**
 * Pauses before the next look at a row that another operation holds: longer each time, with jitter, and not beyond the
 * end of the claim. Throws `SYNC_IN_PROGRESS` when too little time is left.
 */
export async function waitForClaim(
  operation: Operation,
  { claim, round }: { claim: Claim; round: number },
): Promise<void> {
  const { runtime } = operation;
  const untilEnd = Math.max(Date.parse(claim.expiresAt) - runtime.now(), 0);
  const longest = Math.min(POLL_FIRST_MS * 2 ** Math.min(round, 10), POLL_LONGEST_MS);
  const pause = Math.min(longest * (0.5 + runtime.random() / 2), untilEnd + 1);
  if (operation.deadline.remainingMs() < pause + FINISH_RESERVE_MS) throw inProgress(untilEnd);
  if (round === 0) operation.journal.record({ code: 'CLAIM_AWAITED', holder: claim.operation });
  await runtime.sleep(pause);
}

/** Restarts, because others were faster or Vapi contradicted itself, after which it counts as a fault of Vapi. */
const MAX_RESTARTS = 20;

/**
 * Pauses before an operation starts over: briefly, as another one has just finished. Throws when there were too many
 * restarts or too little time is left.
 */
export async function pauseBeforeRestart(operation: Operation, count: { restarts: number }): Promise<void> {
  count.restarts += 1;
  assertTimeLeft(operation);
  if (count.restarts > MAX_RESTARTS) {
    throw new Problem(
      'VAPI_UNAVAILABLE',
      'Vapi shows an assistant and says that it does not exist. Repeat the request.',
    );
  }
  await operation.runtime.sleep(operation.runtime.random() * Math.min(2 ** count.restarts, POLL_LONGEST_MS));
}

/** Throws `SYNC_IN_PROGRESS` when too little time is left to start over. */
export function assertTimeLeft({ deadline }: Operation): void {
  if (deadline.remainingMs() < FINISH_RESERVE_MS) throw inProgress(0);
}

function inProgress(untilEndMs: number): Problem {
  const retryAfterSeconds = secondsOf(untilEndMs);
  return new Problem(
    'SYNC_IN_PROGRESS',
    `Another call is changing this assistant. Repeat the request; at the latest in ${retryAfterSeconds} s the other call is over.`,
    { retryAfterSeconds },
  );
}
