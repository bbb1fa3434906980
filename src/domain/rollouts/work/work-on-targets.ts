import { eachToItsEnd } from '../../each-to-its-end.ts';
import type { RolloutCall } from '../dependencies.ts';
import { heldForMs, type Rollout, type Target, type TargetUnit } from '../rollout.ts';
import type { Applied } from './apply-target.ts';

/**
 * - `waiting`: some targets could not be reached now
 * - `stopped`: the rollout is no longer in that state, or has to be looked at
 * - `held`: another worker holds the unit
 * - `overtaken`: another worker has taken the unit over
 */
export type UnitEnd =
  | { kind: 'done' | 'stopped' | 'out-of-time' | 'overtaken' }
  | { kind: 'waiting' | 'held'; afterSeconds: number };

interface UnitWork {
  unit: TargetUnit;
  isDue: (target: Target) => boolean;
  act: (target: Target) => Promise<Applied>;
  /** Asked after a failure: true when no further target may be begun. */
  isEnough?: () => Promise<boolean>;
}

/** A target is begun only with at least this much time left, in ms. */
const TARGET_MS = 15_000;

/** The requests that a target makes, each of which waits for its turn. */
const CALLS = 3;

/** Added to the worker's deadline, in ms: a unit is taken over only when its worker is certainly gone. */
const HELD_MARGIN_MS = 10_000;

/**
 * Works on the targets of a unit, several at a time. Each target is stored as begun before the work and with its
 * outcome after it; what happens at the same time is one write. The rollout is read before each target: after a pause
 * none is begun.
 */
export async function workOnTargets(call: RolloutCall, rollout: Rollout, work: UnitWork): Promise<UnitEnd> {
  const { unit, isDue } = work;
  const now = call.runtime.now();
  const heldMs = heldForMs(unit, now);
  if (heldMs > 0) return { kind: 'held', afterSeconds: Math.ceil(heldMs / 1000) };
  const due = unit.targets.filter(isDue);
  if (due.length === 0) return { kind: 'done' };
  const page = new TargetPage(call, unit);
  const ends: UnitEnd[] = [];
  const concurrency = concurrencyOf(call, rollout);
  const neededMs = Math.max(TARGET_MS, turnsMs(call, concurrency));
  const one = async (target: Target) => {
    if (ends.some(({ kind }) => kind !== 'waiting')) return;
    if (call.deadline.remainingMs() < neededMs) return void ends.push({ kind: 'out-of-time' });
    const end = await workOnTarget(call, rollout, { ...work, target, page });
    if (end.kind !== 'done') ends.push(end);
  };
  await eachToItsEnd(due, one, { concurrency });
  return ends.find(({ kind }) => kind !== 'waiting') ?? ends[0] ?? { kind: 'done' };
}

/**
 * The number of targets that are worked on at a time: as many as the rollout allows, but no more than get their turns
 * within half of the time left if all are in one account. A target that still waits for a turn when time is over would
 * be cut off holding its claim.
 */
function concurrencyOf({ deadline, callsPerSecond }: RolloutCall, { maxConcurrent }: Rollout): number {
  const turns = (deadline.remainingMs() / 1000) * callsPerSecond;
  return Math.max(1, Math.min(maxConcurrent, Math.floor(turns / (2 * CALLS))));
}

/** How long targets take, in ms, that are begun at the same time in one account. */
function turnsMs({ callsPerSecond }: RolloutCall, targets: number): number {
  return (targets * CALLS * 1000) / callsPerSecond;
}

async function workOnTarget(
  call: RolloutCall,
  { rolloutId, state }: Rollout,
  { target, page, act, isEnough }: UnitWork & { target: Target; page: TargetPage },
): Promise<UnitEnd> {
  if (!(await page.put({ ...target, state: 'applying' }))) return { kind: 'overtaken' };
  if ((await call.rollouts.read(rolloutId))?.state !== state) {
    await page.put(target);
    return { kind: 'stopped' };
  }
  const { target: after, afterSeconds } = await act(target);
  if (!(await page.put(after))) return { kind: 'overtaken' };
  const { orgId, role, state: reached, code: problem } = after;
  call.journal.record({ code: 'ROLLOUT_TARGET', rolloutId, orgId, role, state: reached, problem });
  if (reached === 'failed' && (await isEnough?.())) return { kind: 'stopped' };
  return afterSeconds === undefined ? { kind: 'done' } : { kind: 'waiting', afterSeconds };
}

/** The targets of a unit, which are written as they change: changes during a write go into the next one. */
class TargetPage {
  readonly #call: RolloutCall;
  #unit: TargetUnit | undefined;
  #targets: readonly Target[];
  #writing: Promise<boolean> | undefined;
  #waiting: Promise<boolean> | undefined;

  constructor(call: RolloutCall, unit: TargetUnit) {
    this.#call = call;
    this.#unit = unit;
    this.#targets = unit.targets;
  }

  /** False when another worker has written the unit meanwhile: then nothing more is written. */
  async put(target: Target): Promise<boolean> {
    const isThis = ({ orgId, role }: Target) => orgId === target.orgId && role === target.role;
    this.#targets = this.#targets.map((known) => (isThis(known) ? target : known));
    this.#waiting ??= this.#next();
    return await this.#waiting;
  }

  async #next(): Promise<boolean> {
    // Also without a write under way, so that targets that begin together are written together.
    await (this.#writing ?? Promise.resolve());
    await Promise.resolve();
    this.#waiting = undefined;
    this.#writing = this.#write();
    return await this.#writing;
  }

  async #write(): Promise<boolean> {
    if (!this.#unit) return false;
    const { runtime, deadline, targets } = this.#call;
    const until = runtime.now() + deadline.remainingMs() + HELD_MARGIN_MS;
    const change = { targets: this.#targets, heldUntil: new Date(until).toISOString() };
    this.#unit = await targets.write(this.#unit, change);
    return this.#unit !== undefined;
  }
}
