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
 * An older rollout must not undo what a newer one of the template has done. The rollout is named as the newest again,
 * later than its last write, so that of it and of one that is being started at the same time one gives way. Returns
 * false when another was named meanwhile. Throws `ROLLOUT_STATE`.
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
  if (target.state !== 'failed') return target;
  const { code: _code, detail: _detail, since: _since, ...rest } = target;
  return { ...rest, state: 'outdated' };
}

/** Rollouts that are read at the same time. */
const AT_ONCE = 32;

/**
 * Acts on each open rollout: the newest of each template, if it has not ended. One that fails, is slow, or cannot be
 * read does not stop the others; the first error is thrown at the end.
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
