import type { RolloutCall } from '../dependencies.ts';
import { heldForMs, type Rollout } from '../rollout.ts';
import { withEachOpen } from './open-rollouts.ts';

/**
 * Sends the task of each open rollout again that waits for nothing and has made no progress for this long (ms). Returns
 * how many it sent.
 */
export async function resendLost(call: RolloutCall, stalledMs: number): Promise<number> {
  const since = new Date(call.runtime.now() - stalledMs).toISOString();
  const isGoingOn = ({ state, updatedAt, dueAt = '' }: Rollout) =>
    state !== 'paused' && updatedAt < since && dueAt < since;
  let count = 0;
  await withEachOpen(call, async (rollout) => {
    if (!isGoingOn(rollout) || (await isInHand(call, rollout))) return;
    const { rolloutId, state, updatedAt } = rollout;
    await call.tasks.send({ kind: 'rollout', rolloutId });
    call.journal.record({ code: 'ROLLOUT_RESENT', rolloutId, state, updatedAt });
    count += 1;
  });
  return count;
}

/**
 * True while a worker that may still run holds the unit: its targets may take longer than a rollout may go without
 * progress.
 */
async function isInHand({ targets, runtime }: RolloutCall, { rolloutId, unit: number }: Rollout): Promise<boolean> {
  const unit = number < 0 ? undefined : await targets.read(rolloutId, number);
  return unit !== undefined && heldForMs(unit, runtime.now()) > 0;
}
