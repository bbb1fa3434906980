import pMap from 'p-map';
import { openAccessSession } from '../account/access-session.ts';
import { diffAssistant } from '../configuration/diff.ts';
import { mappingOf } from '../mapping/assistant-mapping.ts';
import { Problem } from '../problem.ts';
import { isoNow } from '../runtime.ts';
import type { TaskEnd } from '../task.ts';
import { applyTarget, mayBeChanged, takeTargetBack } from './apply-target.ts';
import { countTargets } from './count-targets.ts';
import type { RolloutCall } from './dependencies.ts';
import type { Rollout, StopReason, Target, TargetUnit } from './rollout.ts';
import { ROLLOUT_TRANSITIONS, type RolloutTransition } from './transitions.ts';
import { type UnitEnd, workOnTargets } from './work-on-targets.ts';

/** The longest that a task is put back for, in seconds (SQS allows 900). */
const LONGEST_DELAY_S = 900;

/** A plan that is not made after so long never will be, in ms: its request is over. */
const PLANNING_MS = 60_000;

/** A look at a unit is not begun with less than this left, in ms. */
const LOOK_MS = 20_000;

/** One step of a rollout: it goes on at once, or the task ends. */
type Step = { kind: 'on' } | { kind: 'end'; end: TaskEnd };

const ON: Step = { kind: 'on' };

/**
 * Goes on with a rollout as far as the time of the task reaches. Repeated, late and out of order it does no harm: what is to be
 * done stands in the rollout, and each write is on condition that it is as it was read.
 */
export async function performRollout(call: RolloutCall, rolloutId: string): Promise<TaskEnd> {
  for (;;) {
    const rollout = await call.rollouts.read(rolloutId);
    if (!rollout) return ended('unknown');
    const step = await takeStep(call, rollout);
    if (step.kind === 'end') return step.end;
  }
}

function ended(outcome: string): TaskEnd {
  return { kind: 'done', outcome };
}

async function takeStep(call: RolloutCall, rollout: Rollout): Promise<Step> {
  switch (rollout.state) {
    case 'planning':
      return await giveUpPlan(call, rollout);
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

/** Makes a transition, if the rollout is still as it was read; if not, the next step sees how it is. */
export async function transit(
  call: Pick<RolloutCall, 'rollouts' | 'runtime' | 'journal'>,
  rollout: Rollout,
  { by, ...change }: Partial<Rollout> & { by: RolloutTransition },
): Promise<Rollout | undefined> {
  const state = ROLLOUT_TRANSITIONS[by].to;
  const written = await call.rollouts.write(rollout, { ...change, state, updatedAt: isoNow(call.runtime) });
  const { rolloutId, wave, reason } = written ?? rollout;
  if (written) call.journal.record({ code: 'ROLLOUT_CHANGED', rolloutId, state, wave, reason });
  return written;
}

async function giveUpPlan(call: RolloutCall, rollout: Rollout): Promise<Step> {
  const age = call.runtime.now() - Date.parse(rollout.startedAt);
  if (age < PLANNING_MS)
    return { kind: 'end', end: { kind: 'later', reason: 'PLANNING', afterSeconds: PLANNING_MS / 1000 } };
  await transit(call, rollout, { by: 'give-up', endedAt: isoNow(call.runtime) });
  return ON;
}

async function apply(call: RolloutCall, rollout: Rollout): Promise<Step> {
  const unit = await call.targets.read(rollout.rolloutId, rollout.unit);
  if (!unit || unit.wave > rollout.wave) {
    const bakedAt = new Date(call.runtime.now() + rollout.waves.bakeSeconds * 1000).toISOString();
    await transit(call, rollout, { by: 'bake', bakedAt, looked: 0 });
    return ON;
  }
  const isDue = ({ state }: Target) => state === 'outdated' || state === 'applying';
  const end = await workOnTargets(call, rollout, { unit, isDue, act: (target) => applyTarget(call, rollout, target) });
  if (end.kind !== 'done') {
    return (await isOverTolerance(call, rollout))
      ? await stop(call, rollout, 'tolerance')
      : await goOnAfter(call, rollout, end);
  }
  if (await isOverTolerance(call, rollout)) return await stop(call, rollout, 'tolerance');
  await call.rollouts.write(rollout, { unit: rollout.unit + 1, updatedAt: isoNow(call.runtime) });
  return ON;
}

async function goOnAfter(call: RolloutCall, rollout: Rollout, end: UnitEnd): Promise<Step> {
  switch (end.kind) {
    case 'out-of-time':
      await call.tasks.send({ kind: 'rollout', rolloutId: rollout.rolloutId });
      return { kind: 'end', end: ended('continued') };
    case 'later':
      return later('TARGETS_WAIT', end.afterSeconds);
    case 'overtaken':
      return { kind: 'end', end: ended('overtaken') };
    case 'stopped':
    case 'done':
      return ON;
  }
}

function later(reason: string, seconds: number): Step {
  return { kind: 'end', end: { kind: 'later', reason, afterSeconds: Math.min(Math.ceil(seconds), LONGEST_DELAY_S) } };
}

/** More have failed than may, of all targets so far. All are counted only when one of the unit has failed. */
async function isOverTolerance(call: RolloutCall, { rolloutId, tolerance, unit }: Rollout): Promise<boolean> {
  const worked = await call.targets.read(rolloutId, unit);
  if (!worked?.targets.some(({ state }) => state === 'failed')) return false;
  return (await countTargets(call.targets, rolloutId)).counts.failed > tolerance;
}

/** Stops a rollout that goes on, as it says that it wants to be stopped. */
export async function stop(call: RolloutCall, rollout: Rollout, reason: StopReason): Promise<Step> {
  const by = rollout.onFailure === 'rollback' ? 'rollback' : 'pause';
  await transit(call, rollout, { by, reason, ...(by === 'rollback' ? { unit: lastUnit(rollout) } : {}) });
  return ON;
}

/** The unit that a rollback begins with: the newest wave comes first, and what was not begun is passed over. */
export function lastUnit({ unitCount }: Rollout): number {
  return unitCount - 1;
}

async function bake(call: RolloutCall, rollout: Rollout): Promise<Step> {
  const leftMs = Date.parse(rollout.bakedAt ?? rollout.updatedAt) - call.runtime.now();
  if (leftMs > 0) return later('BAKING', leftMs / 1000);
  const { kind, rollout: looked } = await lookAtWave(call, rollout);
  if (kind === 'unhealthy') return await stop(call, looked, 'unhealthy');
  if (kind !== 'well') return await goOnAfter(call, looked, { kind });
  if (looked.wave < looked.sizes.length) await transit(call, looked, { by: 'next-wave', wave: looked.wave + 1 });
  else await transit(call, looked, { by: 'complete', endedAt: isoNow(call.runtime) });
  return ON;
}

/**
 * Looks at each assistant of the wave that is still the rollout's, once, some at a time. How far it came is noted with each
 * unit: a wave may be larger than the time of one task.
 */
async function lookAtWave(
  call: RolloutCall,
  rollout: Rollout,
): Promise<{ kind: 'well' | 'unhealthy' | 'out-of-time' | 'stopped'; rollout: Rollout }> {
  let noted = rollout;
  for await (const unit of unitsOfWave(call, rollout)) {
    if (call.deadline.remainingMs() < LOOK_MS) return { kind: 'out-of-time', rollout: noted };
    if (!(await isUnitWell(call, noted, unit))) return { kind: 'unhealthy', rollout: noted };
    const next = await call.rollouts.write(noted, { looked: unit.number + 1, updatedAt: isoNow(call.runtime) });
    if (!next) return { kind: 'stopped', rollout: noted };
    noted = next;
  }
  return { kind: 'well', rollout: noted };
}

/** Those that were not looked at yet. */
async function* unitsOfWave(call: RolloutCall, { rolloutId, wave, looked = 0 }: Rollout): AsyncGenerator<TargetUnit> {
  for (let number = looked; ; number += 1) {
    const unit = await call.targets.read(rolloutId, number);
    if (!unit || unit.wave > wave) return;
    if (unit.wave === wave) yield unit;
  }
}

async function isUnitWell(call: RolloutCall, rollout: Rollout, { targets }: TargetUnit): Promise<boolean> {
  const applied = targets.filter(({ state }) => state === 'applied');
  const look = (target: Target) => isWell(call, rollout, target);
  return (await pMap(applied, look, { concurrency: rollout.maxConcurrent })).every(Boolean);
}

async function isWell(call: RolloutCall, { rolloutId }: Rollout, { orgId, role }: Target): Promise<boolean> {
  const key = { orgId, role };
  const view = await call.mappings.read(orgId);
  const mapping = mappingOf(view, key);
  if (!mapping?.assistantId || !mapping.specHash || !mapping.template?.operationId.startsWith(`${rolloutId}:`))
    return true;
  const [spec, access] = await Promise.all([
    call.specs.load(key, mapping.specHash),
    openAccessSession({ ...call, key }).access(async () => view.record),
  ]);
  const account = call.pacer.paced(call.vapi.open(access.apiKey, call.deadline), call.callsPerSecond);
  const found = await account.assistants.get(mapping.assistantId);
  if (found.kind === 'missing' || !spec) return false;
  const live = found.resource.config;
  return diffAssistant({ wanted: spec.payload, live, lastApplied: [], alreadyApplied: true }).length === 0;
}

async function takeBack(call: RolloutCall, rollout: Rollout): Promise<Step> {
  const unit = rollout.unit < 0 ? undefined : await call.targets.read(rollout.rolloutId, rollout.unit);
  if (!unit) return await endRollback(call, rollout);
  const act = (target: Target) => takeTargetBack(call, rollout, target);
  const end = await workOnTargets(call, rollout, { unit, isDue: isDueBack, act });
  if (end.kind !== 'done') return await goOnAfter(call, rollout, end);
  await call.rollouts.write(rollout, { unit: rollout.unit - 1, updatedAt: isoNow(call.runtime) });
  return ON;
}

/** A target that waits to be tried again may have been reached all the same. */
function isDueBack(target: Target): boolean {
  return mayBeChanged(target) || (target.state === 'outdated' && target.since !== undefined);
}

async function endRollback(call: RolloutCall, rollout: Rollout): Promise<Step> {
  let isLeft = false;
  for await (const { targets } of call.targets.all(rollout.rolloutId)) isLeft ||= targets.some(mayBeChanged);
  await transit(call, rollout, { by: isLeft ? 'fail-rollback' : 'end-rollback', endedAt: isoNow(call.runtime) });
  return ON;
}

/** Throws `NOT_FOUND`. */
export async function findRollout({ rollouts }: Pick<RolloutCall, 'rollouts'>, rolloutId: string): Promise<Rollout> {
  const found = await rollouts.read(rolloutId);
  if (found) return found;
  throw new Problem('NOT_FOUND', 'There is no such rollout. GET /rollouts names those that are.');
}
