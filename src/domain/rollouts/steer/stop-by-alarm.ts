import type { RolloutCall } from '../dependencies.ts';
import { findRollout, sendTask, stop } from '../transit.ts';
import { isAllowed } from '../transitions.ts';
import { withEachOpen } from './open-rollouts.ts';

/** Stops every open rollout that names an alarm. Returns their ids. */
export async function stopByAlarm(call: RolloutCall, alarm: string): Promise<string[]> {
  const named: string[] = [];
  await withEachOpen(call, async ({ rolloutId, alarms }) => {
    if (!alarms.includes(alarm)) return;
    named.push(rolloutId);
    if (await stopOne(call, rolloutId)) await sendTask(call, rolloutId);
  });
  return named;
}

/** The pause between two looks at a rollout that is being planned, in ms. */
const PLANNED_MS = 500;

/**
 * Stops one rollout. An alarm is told only once: when the worker writes at the same time, the rollout is read and
 * stopped again, and while it is being planned, the end of the planning is waited for. Returns false when there is
 * nothing to stop.
 */
async function stopOne(call: RolloutCall, rolloutId: string): Promise<boolean> {
  for (;;) {
    const rollout = await findRollout(call, rolloutId);
    if (rollout.state === 'planning' && call.deadline.remainingMs() > 2 * PLANNED_MS) {
      await call.runtime.sleep(PLANNED_MS);
    } else if (!isAllowed('pause', rollout.state)) return false;
    else if (await stop(call, rollout, 'alarm')) return true;
  }
}
