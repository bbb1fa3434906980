import { isoNow } from '../../runtime.ts';
import type { TaskEnd } from '../../task.ts';
import { countTargets } from '../count-targets.ts';
import type { RolloutCall } from '../dependencies.ts';
import { firstUnitOfWave, type Rollout, type Target, type TargetUnit } from '../rollout.ts';
import { giveUpPlan, PLANNING_MS } from '../start/start-rollout.ts';
import { type RolloutChange, stop, transit } from '../transit.ts';
import { applyTarget, mayBeChanged, takeTargetBack } from './apply-target.ts';
import { lookAtWave } from './look-at-wave.ts';
import { type UnitEnd, workOnTargets } from './work-on-targets.ts';

/** The longest that a task is put back for, in seconds (SQS allows 900). */
const LONGEST_DELAY_S = 900;

type Waiting = NonNullable<Rollout['waiting']>;

/**
 * The result of one step: go on at once, with the rollout as it was written unless another worker was faster, or end
 * the task.
 */
type Step = { kind: 'on'; rollout?: Rollout | undefined } | { kind: 'end'; end: TaskEnd };

/**
 * Goes on with a rollout for as long as the task has time. May be repeated, late and out of order: what to do next
 * stands in the rollout, and each write happens only if the rollout is as it was read.
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

/** Makes a transition. When the rollout has changed since it was read, the next step reads it again. */
async function goOn(call: RolloutCall, rollout: Rollout, change: RolloutChange): Promise<Step> {
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

/** Ends a wave: goes back to targets that could not be reached, or bakes. */
async function endWave(call: RolloutCall, rollout: Rollout): Promise<Step> {
  if (rollout.waiting) return await waitForTargets(call, rollout, rollout.waiting);
  // Without targets there is nothing to bake, and no reason to keep the next rollout of the template waiting.
  const bakeMs = rollout.targets === 0 ? 0 : rollout.waves.bakeSeconds * 1000;
  const dueAt = new Date(call.runtime.now() + bakeMs).toISOString();
  return await goOn(call, rollout, { by: 'bake', dueAt, looked: firstUnitOfWave(rollout) });
}

/** Goes through the units of the wave again, from the first one with such targets, once it is time. */
async function waitForTargets(call: RolloutCall, rollout: Rollout, { unit, until }: Waiting): Promise<Step> {
  const change = { unit, waiting: undefined, dueAt: until, updatedAt: isoNow(call.runtime) };
  return { kind: 'on', rollout: await call.rollouts.write(rollout, change) };
}

function msUntil({ runtime }: RolloutCall, at: string | undefined): number {
  return at === undefined ? 0 : Date.parse(at) - runtime.now();
}

/**
 * Goes on after a unit. Targets that cannot be reached hold up no others: the next unit comes, and this one again at
 * the end.
 */
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

/** The earliest unit with targets to be tried again, and the time at which all of them can be. */
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

/** True when more targets have failed than the tolerance allows, over all waves so far. */
async function isOverTolerance({ targets }: RolloutCall, { rolloutId, tolerance }: Rollout): Promise<boolean> {
  return (await countTargets(targets, rolloutId)).counts.failed > tolerance;
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

/** Bakes on, as Vapi does not show an assistant at the moment. */
async function bakeOn({ rollouts, runtime }: RolloutCall, rollout: Rollout, afterSeconds: number): Promise<Step> {
  const dueAt = new Date(runtime.now() + Math.min(afterSeconds, LONGEST_DELAY_S) * 1000).toISOString();
  return { kind: 'on', rollout: await rollouts.write(rollout, { dueAt, updatedAt: isoNow(runtime) }) };
}

/**
 * The end of a rollout, with the counts of its targets. While a worker is still finishing some, they are counted each
 * time that the rollout is shown.
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
