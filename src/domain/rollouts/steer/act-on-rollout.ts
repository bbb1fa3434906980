import { Problem } from '../../problem.ts';
import { isoNow } from '../../runtime.ts';
import type { RolloutCall } from '../dependencies.ts';
import { type Rollout, type Target, type TargetUnit, withoutCause } from '../rollout.ts';
import { findRollout, fromTheLast, type RolloutChange, sendTask, transit } from '../transit.ts';
import { isAllowed, isEnded, type RolloutState } from '../transitions.ts';

export const ROLLOUT_ACTIONS = ['pause', 'resume', 'abort', 'rollback'] as const;
export type RolloutAction = (typeof ROLLOUT_ACTIONS)[number];

/**
 * Does what an operator asks for. After the answer, nothing that it forbids begins. Throws `NOT_FOUND`, and
 * `ROLLOUT_STATE` when the state of the rollout does not allow it.
 */
export async function actOnRollout(call: RolloutCall, rolloutId: string, action: RolloutAction): Promise<Rollout> {
  for (;;) {
    const rollout = await findRollout(call, rolloutId);
    if (!isAllowed(action, rollout.state)) {
      const what = `The rollout is ${rollout.state}: ${action} is not possible now.`;
      throw new Problem('ROLLOUT_STATE', `${what} ${remedyIn(rollout.state)}`);
    }
    const done = await act(call, rollout, action);
    if (!done) continue;
    if (action === 'resume' || action === 'rollback') await sendTask(call, rolloutId);
    return done;
  }
}

function remedyIn(state: RolloutState): string {
  const possible = ROLLOUT_ACTIONS.filter((action) => isAllowed(action, state));
  if (possible.length > 0) return `Possible: ${possible.join(', ')}.`;
  return isEnded(state) ? 'It is over: start another one.' : 'Wait until its state changes.';
}

async function act(call: RolloutCall, rollout: Rollout, action: RolloutAction): Promise<Rollout | undefined> {
  if (action === 'rollback' && !(await nameAgain(call, rollout))) return undefined;
  if (action === 'resume') await retryFailed(call, rollout);
  return await transit(call, rollout, changeBy(action, rollout, isoNow(call.runtime)));
}

function changeBy(action: RolloutAction, rollout: Rollout, now: string): RolloutChange {
  switch (action) {
    case 'pause':
      return { by: 'pause', reason: 'operator' };
    case 'abort':
      return { by: 'abort', reason: 'operator', endedAt: now };
    case 'rollback':
      return { by: 'rollback', reason: 'operator', ...fromTheLast(rollout, now) };
    case 'resume':
      return { by: 'resume', reason: undefined, unit: 0, waiting: undefined, dueAt: undefined, turnedAt: now };
  }
}

/**
 * An older rollout must not undo what a newer one of the template has done. The rollout is named as the newest again,
 * later than its last write, so that of it and of one that is being started at the same time one gives way. Returns
 * false when another was named meanwhile. Throws `ROLLOUT_STATE`.
 */
async function nameAgain(call: RolloutCall, { rolloutId, template, updatedAt }: Rollout): Promise<boolean> {
  const { rollouts, runtime } = call;
  const newest = await rollouts.newest(template);
  const begun = await lastBegun(call, newest?.runId, rolloutId);
  if (begun === rolloutId) {
    const at = new Date(Math.max(runtime.now(), Date.parse(updatedAt) + 1)).toISOString();
    return await rollouts.makeNewest(template, { runId: rolloutId, at }, newest);
  }
  throw new Problem('ROLLOUT_STATE', `A newer rollout of ${template} began (${begun}): roll that one back.`);
}

/**
 * The last rollout of a template that has begun. A plan that was given up has done nothing: the one before it counts.
 * Not looked for beyond `until`.
 */
async function lastBegun(call: RolloutCall, newest: string | undefined, until: string): Promise<string | undefined> {
  if (newest === undefined || newest === until) return newest;
  const rollout = await call.rollouts.read(newest);
  const isGivenUp = rollout?.state === 'failed' && rollout.unitCount === 0;
  return isGivenUp ? await lastBegun(call, rollout.follows, until) : newest;
}

/** Sets failed targets back to be tried again; their failures no longer count. */
async function retryFailed(call: RolloutCall, { rolloutId }: Rollout): Promise<void> {
  for await (const unit of call.targets.all(rolloutId)) await retryFailedOf(call, unit);
}

/** Repeated when the write is lost to a worker that had begun before the pause. */
async function retryFailedOf({ targets }: RolloutCall, listed: TargetUnit): Promise<void> {
  const hasFailed = (unit: TargetUnit) => unit.targets.some(({ state }) => state === 'failed');
  let unit: TargetUnit | undefined = listed;
  while (unit && hasFailed(unit)) {
    const { heldUntil } = unit;
    if (await targets.write(unit, { targets: unit.targets.map(withoutFailure), heldUntil })) return;
    unit = await targets.read(unit.rolloutId, unit.number);
  }
}

function withoutFailure(target: Target): Target {
  return target.state === 'failed' ? { ...withoutCause(target), state: 'outdated' } : target;
}
