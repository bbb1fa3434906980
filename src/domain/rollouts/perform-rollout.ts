import { Problem } from '../problem.ts';
import { isoNow } from '../runtime.ts';
import type { TaskEnd } from '../task.ts';
import { applyTarget, mayBeChanged, takeTargetBack } from './apply-target.ts';
import { countTargets } from './count-targets.ts';
import type { RolloutCall } from './dependencies.ts';
import { lookAtWave } from './look-at-wave.ts';
import { giveUpPlan, PLANNING_MS } from './plan.ts';
import { firstUnitOfWave, type Rollout, type StopReason, type Target, type TargetUnit } from './rollout.ts';
import { transit } from './transit.ts';
import { type UnitEnd, workOnTargets } from './work-on-targets.ts';

/** The longest that a task is put back for, in seconds (SQS allows 900). */
const LONGEST_DELAY_S = 900;

type Waiting = NonNullable<Rollout['waiting']>;

/** One step of a rollout: it goes on at once, with what was written if nobody was faster, or the task ends. */
type Step = { kind: 'on'; rollout?: Rollout | undefined } | { kind: 'end'; end: TaskEnd };

/**
 * Goes on with a rollout as far as the time of the task reaches. Repeated, late and out of order it does no harm: what
 * is to be done stands in the rollout, and each write is on condition that it is as it was read.
 */
export async function performRollout(call: RolloutCall, rolloutId: string): Promise<TaskEnd> {
  let known: Rollout | undefined;
  for (;;) {
    const rollout: Rollout | undefined = known ?? (await call.rollouts.read(rolloutId));
    if (!rollout) return ended('unknown');
    const step = await takeStep(call, rollout);
    if (step.kind === 'end') return step.end;
    known = step.rollout;
  }
}

function ended(outcome: string): TaskEnd {
  return { kind: 'done', outcome };
}

async function takeStep(call: RolloutCall, rollout: Rollout): Promise<Step> {
  switch (rollout.state) {
    case 'planning':
      return await awaitPlan(call, rollout);
    case 'running':
      return await apply(call, rollout);
    case 'baking':
      return await bake(call, rollout);
    case 'rolling-back':
      return await takeBack(call, rollout);
    default:
      return { kind: 'end', end: ended(rollout.state) };
  }
}

/** Makes a transition; if the rollout is not as it was read any more, the next step sees how it is. */
async function goOn(call: RolloutCall, rollout: Rollout, change: Parameters<typeof transit>[2]): Promise<Step> {
  return { kind: 'on', rollout: await transit(call, rollout, change) };
}

async function awaitPlan(call: RolloutCall, rollout: Rollout): Promise<Step> {
  const leftMs = Date.parse(rollout.startedAt) + PLANNING_MS - call.runtime.now();
  if (leftMs >= 0) return later('PLANNING', PLANNING_MS / 1000);
  return { kind: 'on', rollout: await giveUpPlan(call, rollout) };
}

async function apply(call: RolloutCall, rollout: Rollout): Promise<Step> {
  const waitMs = msUntil(call, rollout.dueAt);
  if (waitMs > 0) return later('TARGETS_WAIT', waitMs / 1000);
  const unit = await call.targets.read(rollout.rolloutId, rollout.unit);
  if (!unit || unit.wave > rollout.wave) return await endWave(call, rollout);
  const isEnough = () => isOverTolerance(call, rollout);
  if (hasFailed(unit) && (await isEnough())) return { kind: 'on', rollout: await stop(call, rollout, 'tolerance') };
  const isDue = ({ state }: Target) => state === 'outdated' || state === 'applying';
  const act = (target: Target) => applyTarget(call, rollout, target);
  const end = await workOnTargets(call, rollout, { unit, isDue, act, isEnough });
  return await goOnAfter(call, rollout, { end, nextUnit: rollout.unit + 1 });
}

/** Goes back to those that could not be reached, or bakes. */
async function endWave(call: RolloutCall, rollout: Rollout): Promise<Step> {
  if (rollout.waiting) return await waitForTargets(call, rollout, rollout.waiting);
  const dueAt = new Date(call.runtime.now() + rollout.waves.bakeSeconds * 1000).toISOString();
  return await goOn(call, rollout, { by: 'bake', dueAt, looked: firstUnitOfWave(rollout) });
}

/** Then its units are passed over once more, from the first that has such targets on. */
async function waitForTargets(call: RolloutCall, rollout: Rollout, { unit, until }: Waiting): Promise<Step> {
  const change = { unit, waiting: undefined, dueAt: until, updatedAt: isoNow(call.runtime) };
  return { kind: 'on', rollout: await call.rollouts.write(rollout, change) };
}

function msUntil({ runtime }: RolloutCall, at: string | undefined): number {
  return at === undefined ? 0 : Date.parse(at) - runtime.now();
}

/** What cannot be reached holds nobody else up: the next unit comes, and this one again at the end. */
async function goOnAfter(
  call: RolloutCall,
  rollout: Rollout,
  { end, nextUnit }: { end: UnitEnd; nextUnit: number },
): Promise<Step> {
  switch (end.kind) {
    case 'out-of-time':
      return await continueLater(call, rollout);
    case 'held':
      return later('TARGETS_HELD', end.afterSeconds);
    case 'overtaken':
      return { kind: 'end', end: ended('overtaken') };
    case 'stopped':
      return { kind: 'on' };
    case 'waiting': {
      const waiting = waitingWith(rollout, call.runtime.now() + Math.min(end.afterSeconds, LONGEST_DELAY_S) * 1000);
      return await passOn(call, rollout, { unit: nextUnit, waiting });
    }
    case 'done':
      return await passOn(call, rollout, { unit: nextUnit });
  }
}

async function continueLater({ tasks }: RolloutCall, { rolloutId }: Rollout): Promise<Step> {
  await tasks.send({ kind: 'rollout', rolloutId });
  return { kind: 'end', end: ended('continued') };
}

async function passOn(
  { rollouts, runtime }: RolloutCall,
  rollout: Rollout,
  change: Pick<Rollout, 'unit' | 'waiting'>,
): Promise<Step> {
  return { kind: 'on', rollout: await rollouts.write(rollout, { ...change, updatedAt: isoNow(runtime) }) };
}

/** The first unit stays, and the time that all can be tried again at. */
function waitingWith({ unit, waiting }: Rollout, untilMs: number): Waiting {
  const latestMs = Math.max(untilMs, waiting ? Date.parse(waiting.until) : untilMs);
  return { unit: waiting?.unit ?? unit, until: new Date(latestMs).toISOString() };
}

function later(reason: string, seconds: number): Step {
  return { kind: 'end', end: { kind: 'later', reason, afterSeconds: Math.min(Math.ceil(seconds), LONGEST_DELAY_S) } };
}

function hasFailed({ targets }: TargetUnit): boolean {
  return targets.some(({ state }) => state === 'failed');
}

/** More have failed than may, of all targets so far. */
async function isOverTolerance({ targets }: RolloutCall, { rolloutId, tolerance }: Rollout): Promise<boolean> {
  return (await countTargets(targets, rolloutId)).counts.failed > tolerance;
}

/**
 * Stops a rollout that goes on, as it says that it wants to be stopped; undefined when it is not as it was read any
 * more.
 */
export async function stop(call: RolloutCall, rollout: Rollout, reason: StopReason): Promise<Rollout | undefined> {
  if (rollout.onFailure === 'pause') return await transit(call, rollout, { by: 'pause', reason });
  return await transit(call, rollout, { by: 'rollback', reason, ...fromTheLast(rollout, isoNow(call.runtime)) });
}

/** Where a rollback begins: with the newest wave; what was not begun is passed over. */
export function fromTheLast({ unitCount }: Rollout, turnedAt: string) {
  const nothing = { waiting: undefined, dueAt: undefined, counted: undefined, endedAt: undefined } as const;
  return { ...nothing, unit: unitCount - 1, turnedAt };
}

async function bake(call: RolloutCall, rollout: Rollout): Promise<Step> {
  const leftMs = msUntil(call, rollout.dueAt);
  if (leftMs > 0) return later('BAKING', leftMs / 1000);
  const look = await lookAtWave(call, rollout);
  const { rollout: looked } = look;
  switch (look.kind) {
    case 'unhealthy':
      return { kind: 'on', rollout: await stop(call, looked, 'unhealthy') };
    case 'out-of-time':
      return await continueLater(call, looked);
    case 'stopped':
      return { kind: 'on' };
    case 'unseen':
      return await bakeOn(call, looked, look.afterSeconds);
    case 'well':
      return looked.wave < looked.sizes.length
        ? await goOn(call, looked, { by: 'next-wave', wave: looked.wave + 1 })
        : await goOn(call, looked, { by: 'complete', ...(await endWith(call, looked)) });
  }
}

/** What Vapi does not show at the moment is looked at later. */
async function bakeOn({ rollouts, runtime }: RolloutCall, rollout: Rollout, afterSeconds: number): Promise<Step> {
  const dueAt = new Date(runtime.now() + Math.min(afterSeconds, LONGEST_DELAY_S) * 1000).toISOString();
  return { kind: 'on', rollout: await rollouts.write(rollout, { dueAt, updatedAt: isoNow(runtime) }) };
}

/**
 * What is known of a rollout when it is over. One that a worker is just taking its hands off is counted when it is
 * shown.
 */
async function endWith({ runtime, targets }: RolloutCall, { rolloutId }: Rollout) {
  const counted = await countTargets(targets, rolloutId);
  return { endedAt: isoNow(runtime), counted: counted.counts.applying > 0 ? undefined : counted };
}

async function takeBack(call: RolloutCall, rollout: Rollout): Promise<Step> {
  const waitMs = msUntil(call, rollout.dueAt);
  if (waitMs > 0) return later('TARGETS_WAIT', waitMs / 1000);
  const unit = rollout.unit < 0 ? undefined : await call.targets.read(rollout.rolloutId, rollout.unit);
  if (!unit) return await endRollback(call, rollout);
  const act = (target: Target) => takeTargetBack(call, rollout, target);
  const end = await workOnTargets(call, rollout, { unit, isDue: mayBeChanged, act });
  return await goOnAfter(call, rollout, { end, nextUnit: rollout.unit - 1 });
}

async function endRollback(call: RolloutCall, rollout: Rollout): Promise<Step> {
  if (rollout.waiting) return await waitForTargets(call, rollout, rollout.waiting);
  let isLeft = false;
  for await (const { targets } of call.targets.all(rollout.rolloutId)) isLeft ||= targets.some(mayBeChanged);
  const by = isLeft ? 'fail-rollback' : 'end-rollback';
  return await goOn(call, rollout, { by, ...(await endWith(call, rollout)) });
}

/** Throws `NOT_FOUND`. */
export async function findRollout({ rollouts }: Pick<RolloutCall, 'rollouts'>, rolloutId: string): Promise<Rollout> {
  const found = await rollouts.read(rolloutId);
  if (found) return found;
  throw new Problem('NOT_FOUND', 'There is no such rollout. GET /rollouts names those that are.');
}
