import { eachToItsEnd } from '../each-to-its-end.ts';
import { Problem } from '../problem.ts';
import { isoNow } from '../runtime.ts';
import type { RolloutCall } from './dependencies.ts';
import { findRollout, fromTheLast, stop } from './perform-rollout.ts';
import type { Rollout, Target, TargetUnit } from './rollout.ts';
import { sendTask, transit } from './transit.ts';
import { isAllowed, isEnded, type RolloutState } from './transitions.ts';
import { heldForMs } from './work-on-targets.ts';

export const ROLLOUT_ACTIONS = ['pause', 'resume', 'abort', 'rollback'] as const;
export type RolloutAction = (typeof ROLLOUT_ACTIONS)[number];

/**
 * Does what an operator asks for. After the answer nothing new begins that it forbids. Throws `NOT_FOUND`, and
 * `ROLLOUT_STATE` when the rollout is in no state for it.
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
      return { by: 'rollback', reason: 'operator', ...fromTheLast(rollout, now) };
    case 'resume':
      return { by: 'resume', reason: undefined, unit: 0, waiting: undefined, dueAt: undefined, turnedAt: now };
  }
}

/**
 * What a newer rollout of the template has done is not to be undone by an older one: that is named anew, later than its
 * last write, so that of it and of one that is just starting one gives way. False when it was named meanwhile. Throws
 * `ROLLOUT_STATE`.
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

/** A plan that was given up has done nothing: then the one before it is the last. Not looked for beyond `until`. */
async function lastBegun(call: RolloutCall, newest: string | undefined, until: string): Promise<string | undefined> {
  if (newest === undefined || newest === until) return newest;
  const rollout = await call.rollouts.read(newest);
  const isGivenUp = rollout?.state === 'failed' && rollout.unitCount === 0;
  return isGivenUp ? await lastBegun(call, rollout.follows, until) : newest;
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

/** Rollouts that are looked at at a time. */
const AT_ONCE = 32;

/**
 * Does something with each rollout that is open: of each template the newest, if it is not over. One that fails, takes
 * its time, or cannot be read keeps nothing from the others; at the end its error is thrown.
 */
async function withEachOpen({ rollouts }: RolloutCall, act: (rollout: Rollout) => Promise<void>): Promise<void> {
  const actOn = async (rolloutId: string) => {
    const rollout = await rollouts.read(rolloutId);
    if (rollout && !isEnded(rollout.state)) await act(rollout);
  };
  await eachToItsEnd(rollouts.newestOfAll(), actOn, { concurrency: AT_ONCE, goesOn: true });
}

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

/** Between two looks at a rollout that is being planned, in ms. */
const PLANNED_MS = 500;

/**
 * An alarm is told once: one that meets a write of the worker stops what that has written, and one that comes while the
 * rollout is planned waits for the plan. False when there is nothing to stop.
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

/** True while a worker that may still live has targets in hand: they may take longer than a rollout may be silent. */
async function isInHand({ targets, runtime }: RolloutCall, { rolloutId, unit: number }: Rollout): Promise<boolean> {
  const unit = number < 0 ? undefined : await targets.read(rolloutId, number);
  return unit !== undefined && heldForMs(unit, runtime.now()) > 0;
}
