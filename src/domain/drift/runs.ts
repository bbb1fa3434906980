import type { Run, RunStore, Unit } from '../long-work/run.ts';
import type { Window } from './check/window.ts';
import type { Finding } from './finding.ts';
import type { Slice } from './fleet.ts';
import type { RunMode } from './mode.ts';
import type { Totals } from './totals.ts';

type RunStatus = 'planning' | 'checking' | 'healing' | 'closed' | 'abandoned';

/** One look at the whole fleet. */
export interface DriftRun extends Run {
  trigger: 'schedule' | 'request';
  mode: RunMode;
  status: RunStatus;
  /** ISO 8601. */
  closedAt?: string;
  healing?: Healing;
  summary?: RunSummary;
}

/** What a run has done about its findings, by number. */
export interface HealCounts {
  reapplied: number;
  resumed: number;
  removed: number;
  /** What was left alone, by reason. */
  kept: Readonly<Record<string, number>>;
}

/** How far the healing has come. */
export interface Healing extends HealCounts {
  /** Grows with each page of findings. */
  version: number;
  /** Groups in which nothing is healed. */
  suspicious: readonly Group[];
  /** The findings up to this one were dealt with. */
  after?: string;
  /** The finding whose removal is under way. */
  removing?: string;
  /** Removals that were made or may have been, with the one that is under way; absent in rows of earlier versions. */
  removals?: number;
}

/** The platform's account, and the accounts of organisations together: brakes apply to each. */
export const GROUPS = ['platform', 'organisations'] as const;
export type Group = (typeof GROUPS)[number];

export interface RunSummary {
  totals: Totals;
  suspicious: readonly Group[];
  /** Causes that hit many assistants at once. */
  common: readonly { cause: string; count: number }[];
  healed?: HealCounts;
  durationMs: number;
}

/** A part of a run that is checked by one task at a time. */
export type DriftUnit = Unit<Work, Position, Totals>;

/**
 * - `window`: a stretch of the platform's account
 * - `accounts`: organisations with accounts of their own
 * - `unfinished`: rows that name no assistant yet
 */
export type Work =
  | { kind: 'window'; window: Window }
  | { kind: 'accounts'; orgIds: readonly string[] }
  | { kind: 'unfinished' };

/** Units of one kind follow each other. */
export function laneOf({ work }: DriftUnit): string {
  return work.kind;
}

/** How far a unit has come. */
export interface Position {
  /** Index of the account that is being checked. */
  account: number;
  /** What is left of the window begins below this creation time (epoch ms). */
  to?: number;
  /** Where the next page of rows begins. */
  after?: string;
}

export const AT_THE_START: Position = { account: 0 };

/** True for a run in which nothing is done any more. */
export function isOver({ status }: DriftRun): boolean {
  return status === 'closed' || status === 'abandoned';
}

/** Drift runs. One is changed only from the status that was read, and in the same step of healing. */
export interface DriftRunStore extends RunStore<DriftRun, RunChange> {
  /** Newest first. */
  list(query: { limit: number }): Promise<Slice<DriftRun>>;
}

export type RunChange = Partial<Pick<DriftRun, 'status' | 'closedAt' | 'unitCount' | 'healing' | 'summary'>> & {
  updatedAt: string;
};

/** The findings of runs, one item each. */
export interface FindingStore {
  /** One that is there already under the same id is replaced. */
  save(runId: string, findings: readonly Finding[]): Promise<void>;
  /** In the order of their ids. */
  page(query: { runId: string; limit: number; after?: string }): Promise<Slice<Finding>>;
}
