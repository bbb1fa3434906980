import type { Listed, Shelf } from '../account/account-book.ts';
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

/** How much drift checks may ask of Vapi and of themselves. */
export interface DriftLimits {
  /** Assistants in a list page, 1 to 1000. */
  pageSize: number;
  /** Pages in a window of the platform's account. */
  windowPages: number;
  /** Windows of the platform's account, and batches of organisations, that are checked at a time. */
  parallelWindows: number;
  /** Organisations with accounts of their own that one task checks. */
  batchSize: number;
  /** Requests to one account, all windows together. */
  callsPerSecond: number;
  /** How old a duplicate or an orphan must be to be removed, in ms. */
  graceMs: number;
  /** The most that one run removes. */
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
  /** Where the phone numbers of the accounts point. */
  numbers: Shelf<LivePhoneNumber & Listed>;
  /** Which assistants have their traffic pinned. */
  allocations: Shelf<Listed & TrafficAllocation>;
  /** Which tools the accounts have. */
  toolIds: Shelf<Listed>;
  limits: DriftLimits;
  /** Of the deployment. */
  mode: DriftMode;
}

/** What it takes to start a run; the work is done by tasks. */
export type DriftStart = Pick<DriftDependencies, 'runtime' | 'runs' | 'tasks'>;

/** One task's share of a run. */
export interface DriftCall extends DriftDependencies {
  runId: string;
  /** The run itself. */
  by: Actor;
  deadline: Deadline;
  journal: Journal;
}
