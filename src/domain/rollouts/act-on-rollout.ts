import { Problem } from '../problem.ts';
import type { RolloutCall } from './dependencies.ts';
import { findRollout, lastUnit, stop, transit } from './perform-rollout.ts';
import type { Rollout } from './rollout.ts';
import { isAllowed, isEnded } from './transitions.ts';

export const ROLLOUT_ACTIONS = ['pause', 'resume', 'abort', 'rollback'] as const;
export type RolloutAction = (typeof ROLLOUT_ACTIONS)[number];

/**
 * Does what an operator asks for. After the answer nothing new begins that it forbids. Throws `NOT_FOUND`, and `ROLLOUT_STATE`
 * when the rollout is in no state for it.
 */
export async function actOnRollout(call: RolloutCall, rolloutId: string, action: RolloutAction): Promise<Rollout> {
  for (;;) {
    const rollout = await findRollout(call, rolloutId);
    if (!isAllowed(action, rollout.state)) {
      throw new Problem('ROLLOUT_STATE', `The rollout is ${rollout.state}: ${action} is not possible now.`);
    }
    const done = await act(call, rollout, action);
    if (!done) continue;
    if (action === 'resume' || action === 'rollback') await call.tasks.send({ kind: 'rollout', rolloutId });
    return done;
  }
}

async function act(call: RolloutCall, rollout: Rollout, action: RolloutAction): Promise<Rollout | undefined> {
  const now = new Date(call.runtime.now()).toISOString();
  switch (action) {
    case 'pause':
      return await transit(call, rollout, { by: 'pause', reason: 'operator' });
    case 'abort':
      return await transit(call, rollout, { by: 'abort', reason: 'operator', endedAt: now });
    case 'rollback':
      await assertNewest(call, rollout);
      return await transit(call, rollout, {
        by: 'rollback',
        reason: 'operator',
        unit: lastUnit(rollout),
        endedAt: undefined,
      });
    case 'resume':
      await retryFailed(call, rollout);
      return await transit(call, rollout, { by: 'resume', reason: undefined, unit: 0 });
  }
}

/** What a newer rollout of the template has done is not to be undone by an older one. */
async function assertNewest({ rollouts }: RolloutCall, { rolloutId, template }: Rollout): Promise<void> {
  const newest = await rollouts.newest(template);
  if (newest === rolloutId) return;
  throw new Problem('ROLLOUT_STATE', `A newer rollout of ${template} began (${newest}): roll that one back.`);
}

/** Targets that have failed are tried again, and their failures are not counted any more. */
async function retryFailed({ targets }: RolloutCall, { rolloutId }: Rollout): Promise<void> {
  for await (const unit of targets.all(rolloutId)) {
    if (!unit.targets.some(({ state }) => state === 'failed')) continue;
    const { heldUntil } = unit;
    const again = unit.targets.map((target) => {
      const { code: _code, detail: _detail, since: _since, ...rest } = target;
      return target.state === 'failed' ? { ...rest, state: 'outdated' as const } : target;
    });
    await targets.write(unit, { targets: again, heldUntil });
  }
}

/** Rollouts that began last and are not over. */
async function openRollouts({ rollouts }: RolloutCall): Promise<Rollout[]> {
  const open: Rollout[] = [];
  for (let after: string | undefined; ; ) {
    const { items, next } = await rollouts.list({ limit: 200, after });
    open.push(...items.filter(({ state }) => !isEnded(state)));
    if (next === undefined) return open;
    after = next;
  }
}

/** Stops every open rollout that names an alarm. Returns their ids. */
export async function stopByAlarm(call: RolloutCall, alarm: string): Promise<string[]> {
  const named = (await openRollouts(call)).filter(({ alarms }) => alarms.includes(alarm));
  for (const { rolloutId } of named) {
    const rollout = await findRollout(call, rolloutId);
    if (!isAllowed('pause', rollout.state)) continue;
    await stop(call, rollout, 'alarm');
    await call.tasks.send({ kind: 'rollout', rolloutId });
  }
  return named.map(({ rolloutId }) => rolloutId);
}

/** Sends the task of each rollout again that goes on and has made no progress for so long (ms). */
export async function resendLost(call: RolloutCall, stalledMs: number): Promise<number> {
  const since = new Date(call.runtime.now() - stalledMs).toISOString();
  const isGoingOn = ({ state, updatedAt }: Rollout) => state !== 'paused' && updatedAt < since;
  const lost = (await openRollouts(call)).filter(isGoingOn);
  for (const { rolloutId, state, updatedAt } of lost) {
    await call.tasks.send({ kind: 'rollout', rolloutId });
    call.journal.record({ code: 'ROLLOUT_RESENT', rolloutId, state, updatedAt });
  }
  return lost.length;
}
