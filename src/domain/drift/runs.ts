import type { Run, RunStore, Unit } from '../long-work/run.ts';
import type { Window } from './check/window.ts';
import type { Finding } from './finding.ts';
import type { Slice } from './fleet.ts';
import type { RunMode } from './mode.ts';
import type { Totals } from './totals.ts';

type RunStatus = 'planning' | 'checking' | 'healing' | 'closed' | 'abandoned';

/** One check of the whole fleet. */
export interface DriftRun extends Run {
  trigger: 'schedule' | 'request';
  mode: RunMode;
  status: RunStatus;
  /** ISO 8601. */
  closedAt?: string;
  healing?: Healing;
  summary?: RunSummary;
}

/** How often a run did what about its findings. */
export interface HealCounts {
  reapplied: number;
  resumed: number;
  removed: number;
  /** Findings that were left alone, by reason. */
  kept: Readonly<Record<string, number>>;
}

/** How far the healing has come. */
export interface Healing extends HealCounts {
  /** Grows with each page of findings. */
  version: number;
  /** Groups in which nothing is healed. */
  suspicious: readonly Group[];
  /** Findings up to this id are handled. */
  after?: string;
  /** The id of the finding whose removal is under way. */
  removing?: string;
  /**
   * Removals that were made or may have been, including the one that is under way; absent in rows of earlier versions.
   */
  removals?: number;
}

/** The platform's account, and the accounts of organisations together: brakes apply to each. */
export const GROUPS = ['platform', 'organisations'] as const;
export type Group = (typeof GROUPS)[number];

export interface RunSummary {
  totals: Totals;
  suspicious: readonly Group[];
  /** Causes that many findings share. */
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

/** Units of one kind are worked on one after the other. */
export function laneOf({ work }: DriftUnit): string {
  return work.kind;
}

/** How far a unit has come. */
export interface Position {
  /** Index of the account that is being checked. */
  account: number;
  /** What is left of the window lies before this creation time (epoch ms). */
  to?: number;
  /** Where the next page of rows begins. */
  after?: string;
}

export const AT_THE_START: Position = { account: 0 };

/** True for a run that is closed or given up. */
export function isOver({ status }: DriftRun): boolean {
  return status === 'closed' || status === 'abandoned';
}

/** Drift runs. A run is changed only if its status, and the version of its healing, are as they were read. */
export interface DriftRunStore extends RunStore<DriftRun, RunChange> {
  /** Newest first. */
  list(query: { limit: number }): Promise<Slice<DriftRun>>;
}

export type RunChange = Partial<Pick<DriftRun, 'status' | 'closedAt' | 'unitCount' | 'healing' | 'summary'>> & {
  updatedAt: string;
};

/** The findings of runs, one item each. */
export interface FindingStore {
  /** Replaces findings with the same id. */
  save(runId: string, findings: readonly Finding[]): Promise<void>;
  /** In the order of their ids. */
  page(query: { runId: string; limit: number; after?: string }): Promise<Slice<Finding>>;
}
