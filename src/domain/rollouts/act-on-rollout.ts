import { Problem } from '../problem.ts';
import { isoNow } from '../runtime.ts';
import type { RolloutCall } from './dependencies.ts';
import { findRollout, fromTheLast, stop } from './perform-rollout.ts';
import type { Rollout, Target, TargetUnit } from './rollout.ts';
import { sendTask, transit } from './transit.ts';
import { isAllowed, isEnded, type RolloutState } from './transitions.ts';

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
  if (possible.length > 0) return `What is: ${possible.join(', ')}.`;
  return isEnded(state) ? 'It is over: start another one.' : 'Wait until it has gone on.';
}

async function act(call: RolloutCall, rollout: Rollout, action: RolloutAction): Promise<Rollout | undefined> {
  if (action === 'rollback' && !(await nameAgain(call, rollout))) return undefined;
  if (action === 'resume') await retryFailed(call, rollout);
  return await transit(call, rollout, changeBy(action, rollout, isoNow(call.runtime)));
}

function changeBy(action: RolloutAction, rollout: Rollout, now: string): Parameters<typeof transit>[2] {
  switch (action) {
    case 'pause':
      return { by: 'pause', reason: 'operator' };
    case 'abort':
      return { by: 'abort', reason: 'operator', endedAt: now };
    case 'rollback':
      return { by: 'rollback', reason: 'operator', ...fromTheLast(rollout) };
    case 'resume':
      return { by: 'resume', reason: undefined, unit: 0, waiting: undefined, dueAt: undefined };
  }
}

/**
 * What a newer rollout of the template has done is not to be undone by an older one: that is named anew, later than its last write,
 * so that of it and of one that is just starting one gives way. False when it was named meanwhile. Throws `ROLLOUT_STATE`.
 */
async function nameAgain(
  { rollouts, runtime }: RolloutCall,
  { rolloutId, template, updatedAt }: Rollout,
): Promise<boolean> {
  const newest = await rollouts.newest(template);
  if (newest?.runId === rolloutId) {
    const at = new Date(Math.max(runtime.now(), Date.parse(updatedAt) + 1)).toISOString();
    return await rollouts.makeNewest(template, { runId: rolloutId, at }, newest);
  }
  throw new Problem('ROLLOUT_STATE', `A newer rollout of ${template} began (${newest?.runId}): roll that one back.`);
}

/** Targets that have failed are tried again, and their failures are not counted any more. */
async function retryFailed(call: RolloutCall, { rolloutId }: Rollout): Promise<void> {
  for await (const unit of call.targets.all(rolloutId)) await retryFailedOf(call, unit);
}

/** Also of a unit that a worker, which had begun before the pause, is just writing to. */
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
  if (target.state !== 'failed') return target;
  const { code: _code, detail: _detail, since: _since, ...rest } = target;
  return { ...rest, state: 'outdated' };
}

/** Of each template the newest, if it is not over. */
async function openRollouts({ rollouts }: RolloutCall): Promise<Rollout[]> {
  const open: Rollout[] = [];
  for await (const rolloutId of rollouts.newestOfAll()) {
    const rollout = await rollouts.read(rolloutId);
    if (rollout && !isEnded(rollout.state)) open.push(rollout);
  }
  return open;
}

/** Stops every open rollout that names an alarm. Returns their ids. */
export async function stopByAlarm(call: RolloutCall, alarm: string): Promise<string[]> {
  const named = (await openRollouts(call)).filter(({ alarms }) => alarms.includes(alarm));
  for (const { rolloutId } of named) {
    if (await stopOne(call, rolloutId)) await sendTask(call, rolloutId);
  }
  return named.map(({ rolloutId }) => rolloutId);
}

/** Between two looks at a rollout that is being planned, in ms. */
const PLANNED_MS = 500;

/**
 * An alarm is told once: one that meets a write of the worker stops what that has written, and one that comes while the rollout is
 * planned waits for the plan. False when there is nothing to stop.
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

/** Sends the task of each rollout again that goes on, waits for nothing, and has made no progress for so long (ms). */
export async function resendLost(call: RolloutCall, stalledMs: number): Promise<number> {
  const since = new Date(call.runtime.now() - stalledMs).toISOString();
  const isGoingOn = ({ state, updatedAt, dueAt = '' }: Rollout) =>
    state !== 'paused' && updatedAt < since && dueAt < since;
  const lost = (await openRollouts(call)).filter(isGoingOn);
  for (const { rolloutId, state, updatedAt } of lost) {
    await call.tasks.send({ kind: 'rollout', rolloutId });
    call.journal.record({ code: 'ROLLOUT_RESENT', rolloutId, state, updatedAt });
  }
  return lost.length;
}
