import type { ListCache } from '../account/list-cache.ts';
import type { Listed } from '../account/list-created.ts';
import type { DriftMode } from '../account/organisation-record.ts';
import type { LivePhoneNumber, TrafficAllocation } from '../account/vapi-account.ts';
import type { Actor } from '../actor.ts';
import type { Journal } from '../journal.ts';
import type { Pacer } from '../long-work/paced-account.ts';
import type { UnitStore } from '../long-work/run.ts';
import type { SyncDependencies } from '../operation.ts';
import type { Deadline } from '../runtime.ts';
import type { FleetIndex } from './fleet.ts';
import type { DriftRunStore, DriftUnit, FindingStore } from './runs.ts';
import type { StrayStore } from './strays.ts';

/** Limits of a drift run: what it may ask of Vapi, and what it may change. */
export interface DriftLimits {
  /** Assistants in a list page, 1 to 1000. */
  pageSize: number;
  /** Pages of the platform's account in one window. */
  windowPages: number;
  /** Units of one kind that are worked on at a time: windows of the platform's account, batches of organisations. */
  parallelWindows: number;
  /** Organisations with accounts of their own that one task checks. */
  batchSize: number;
  /** Requests to one account in a second, all windows together. */
  callsPerSecond: number;
  /** How old a duplicate or an orphan must be to be removed, in ms. */
  graceMs: number;
  /** The most assistants that one run removes. */
  maxRemovals: number;
  /** Failures in a row after which a part of the fleet is reported as unknown. */
  maxFailures: number;
  /** True when a healing run may take off pins that were set by hand. */
  takesPinsOff: boolean;
  /** JSON Pointers that are not compared. */
  ignored: readonly string[];
}

export interface DriftDependencies extends SyncDependencies {
  fleet: FleetIndex;
  runs: DriftRunStore;
  units: UnitStore<DriftUnit>;
  findings: FindingStore;
  strays: StrayStore;
  pacer: Pacer;
  /** The phone numbers of the accounts, and where they point. */
  numbers: ListCache<LivePhoneNumber & Listed>;
  /** The traffic allocations of the accounts. */
  allocations: ListCache<Listed & TrafficAllocation>;
  /** The tools of the accounts. */
  toolIds: ListCache<Listed>;
  limits: DriftLimits;
  /** The mode of the deployment. */
  mode: DriftMode;
}

/** What starting a run takes; the work is done by tasks. */
export type DriftStart = Pick<DriftDependencies, 'runtime' | 'runs' | 'tasks'>;

/** The work of one task on a run. */
export interface DriftCall extends DriftDependencies {
  runId: string;
  /** The run, as the one who changes assistants. */
  by: Actor;
  deadline: Deadline;
  journal: Journal;
}
