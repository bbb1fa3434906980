import type { Actor } from '../actor.ts';
import type { AssistantKey, Role } from '../configuration/assistant-key.ts';
import type { CurrentRun } from '../long-work/run.ts';
import type { RolloutState } from './transitions.ts';

/** Why a rollout was stopped or rolled back. */
export type StopReason = 'tolerance' | 'alarm' | 'unhealthy' | 'operator';

/** The request, with its defaults. */
export interface RolloutRequest {
  template: string;
  version: number;
  select: {
    roles?: readonly Role[] | undefined;
    fromVersions?: readonly number[] | undefined;
    orgIds?: readonly string[] | undefined;
  };
  waves: { first: string | number; growth: 'linear' | 'exponential'; factor: number; bakeSeconds: number };
  maxConcurrent: number;
  failureTolerance: string | number;
  onFailure: 'pause' | 'rollback';
  /** Names of CloudWatch alarms that stop it. */
  alarms: readonly string[];
}

/**
 * A rollout without its targets. Times are ISO 8601. `select` is not stored: a list of organisations can be larger than
 * an item.
 */
export interface Rollout extends Omit<RolloutRequest, 'select'> {
  /** `waves` of the request is how they grow; these are their sizes. */
  rolloutId: string;
  sizes: readonly number[];
  state: RolloutState;
  reason?: StopReason | undefined;
  /** From 1; 0 before the first. */
  wave: number;
  targets: number;
  /** The most targets that may fail. */
  tolerance: number;
  /** The unit that is worked on; a rollback goes from the last to the first. */
  unit: number;
  unitCount: number;
  /** Until when it waits: for the end of the bake, or for targets that could not be reached. */
  dueAt?: string | undefined;
  /** The first unit, of this wave or of the rollback, with targets to be tried again, and when (ISO 8601). */
  waiting?: { unit: number; until: string } | undefined;
  /** When it was resumed, or began to go back: targets that could not be reached before have all their time again. */
  turnedAt?: string | undefined;
  /** The first unit that was not looked at after the bake. */
  looked?: number | undefined;
  startedBy: Actor;
  startedAt: string;
  updatedAt: string;
  endedAt?: string | undefined;
  /** The rollout of the template that began, or was to begin, before this one. */
  follows?: string | undefined;
  /** What became of the targets; set when nothing changes it any more. */
  counted?: Counted | undefined;
  /** Grows with each write. */
  change: number;
}

export const TARGET_STATES = [
  'outdated',
  'applying',
  'applied',
  'unchanged',
  'failed',
  'skipped',
  'rolled-back',
] as const;
export type TargetState = (typeof TARGET_STATES)[number];

/** The number of targets in each state, and why some have failed. */
export interface Counted {
  counts: Record<TargetState, number>;
  failures: { code: string; count: number; examples: string[] }[];
}

/** One assistant that a rollout changes, as it was when the rollout was planned. */
export interface Target extends AssistantKey {
  state: TargetState;
  assistantId: string | null;
  /** The version that it was bound to. */
  from: number;
  /** The operation that had bound it. */
  boundBy: string;
  /** The hash of its configuration. */
  specHash: string | null;
  code?: string | undefined;
  detail?: string | undefined;
  /** Since when attempts have failed (ISO 8601). */
  since?: string | undefined;
  /** True when the version was, or may have been, applied. */
  reached?: boolean | undefined;
}

/** Consecutive targets of one wave, stored together. */
export interface TargetUnit {
  rolloutId: string;
  /** From 0, over all waves. */
  number: number;
  wave: number;
  targets: readonly Target[];
  /** Until when a worker holds the unit (ISO 8601). */
  heldUntil?: string | undefined;
  /** Grows with each write, so that two workers notice each other. */
  version: number;
}

/** Rollouts. Each write is one conditional write of one item; reads are consistent. */
export interface RolloutStore {
  /** The newest rollout of a template. */
  newest(template: string): Promise<CurrentRun | undefined>;
  /** Ids of the newest rollouts of all templates: no other one is open. */
  newestOfAll(): AsyncIterable<string>;
  /**
   * Names the newest rollout of a template, in the place of the one that was read. False when another was named
   * meanwhile.
   */
  makeNewest(template: string, rollout: CurrentRun, replaces: CurrentRun | undefined): Promise<boolean>;
  create(rollout: Rollout): Promise<void>;
  read(rolloutId: string): Promise<Rollout | undefined>;
  /** Undefined when it has changed since it was read. */
  write(from: Rollout, change: Partial<Rollout>): Promise<Rollout | undefined>;
  /** The newest first. */
  list(query: {
    limit: number;
    after: string | undefined;
  }): Promise<{ items: readonly Rollout[]; next?: string | undefined }>;
}

/** The targets of rollouts. */
export interface TargetStore {
  add(unit: TargetUnit): Promise<void>;
  read(rolloutId: string, number: number): Promise<TargetUnit | undefined>;
  /** Undefined when it has changed since it was read. */
  write(
    from: TargetUnit,
    change: Pick<TargetUnit, 'targets'> & Pick<TargetUnit, 'heldUntil'>,
  ): Promise<TargetUnit | undefined>;
  all(rolloutId: string): AsyncIterable<TargetUnit>;
}

/** The number of targets that are stored together, unless more are worked on at a time. */
const UNIT_SIZE = 25;

/** How many targets a unit has: one worker works on a unit, so at least as many as are worked on at a time. */
export function unitSizeOf({ maxConcurrent }: Pick<Rollout, 'maxConcurrent'>): number {
  return Math.max(UNIT_SIZE, maxConcurrent);
}

/** The number of the first unit of the wave that a rollout is at. */
export function firstUnitOfWave({ sizes, wave, maxConcurrent }: Rollout): number {
  const unitSize = unitSizeOf({ maxConcurrent });
  return sizes.slice(0, Math.max(0, wave - 1)).reduce((units, size) => units + Math.ceil(size / unitSize), 0);
}

/** How long, in ms, a worker that has begun targets of the unit may still run. */
export function heldForMs({ targets, heldUntil }: TargetUnit, now: number): number {
  const isBegun = targets.some(({ state }) => state === 'applying');
  return isBegun && heldUntil ? Math.max(0, Date.parse(heldUntil) - now) : 0;
}

/** A target without what an earlier failure has left in it. */
export function withoutCause({ code: _code, detail: _detail, since: _since, ...target }: Target): Target {
  return target;
}
