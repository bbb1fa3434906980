import type { DriftMode } from '../account/organisation-record.ts';
import type { ScopeKey } from '../account/scope.ts';
import type { Role } from '../configuration/assistant-key.ts';
import type { DriftState } from '../mapping/assistant-mapping.ts';
import type { ShownChange } from './check/shown-change.ts';

/**
 * What a run finds an assistant or its mapping to be.
 * - `in-sync`: as it was applied last
 * - `imported`: mapped as it was found; nothing was applied yet
 * - `drifted`: declared fields differ
 * - `missing`: mapped, but gone at Vapi
 * - `pinned`: as it was applied last, but its traffic is pinned to versions, so that callers may hear older ones
 * - `duplicate`: ours by its metadata, but the mapping names another one
 * - `orphan`: ours by its metadata, but there is no mapping
 * - `unmanaged`: not ours; counted, never touched
 * - `pending`: work was begun and is not completed (tools, an unresolved or interrupted change)
 * - `changing`: an operation is changing it at this moment; the next run looks again
 * - `off`: differs, but its organisation wants no checks
 * - `unreadable`: its row cannot be read, so that its configuration is unknown; never touched
 */
export const DRIFT_CLASSES = [
  'in-sync',
  'imported',
  'drifted',
  'missing',
  'pinned',
  'duplicate',
  'orphan',
  'unmanaged',
  'pending',
  'changing',
  'off',
  'unreadable',
] as const;
export type DriftClass = (typeof DRIFT_CLASSES)[number];

/** The classes of assistants that no mapping names. */
export const UNMAPPED_CLASSES: readonly DriftClass[] = ['duplicate', 'orphan', 'unmanaged'];

/** The classes that are reported one by one; `unknown` is a part of the fleet that could not be looked at. */
export const FINDING_CLASSES = [
  'drifted',
  'missing',
  'pinned',
  'duplicate',
  'orphan',
  'pending',
  'unreadable',
  'unknown',
] as const satisfies readonly (DriftClass | 'unknown')[];

/** One line of a run's report. */
export interface Finding {
  /** The same in every attempt, so that a page that is checked twice gives one finding. */
  id: string;
  class: (typeof FINDING_CLASSES)[number];
  scope: ScopeKey;
  orgId?: string;
  role?: Role;
  assistantId?: string;
  /** The first fields that differ, for `drifted`. */
  changes?: readonly ShownChange[];
  /** How many fields differ in all. */
  changed?: number;
  /** Why, in one word or code: what is pending, or why nothing is known. */
  cause?: string;
  /** For people. */
  detail?: string;
  /** What the run may do about it. */
  mode: DriftMode;
  /** ISO 8601. */
  foundAt: string;
  /** What was done about it: `reapplied`, `resumed`, `removed`, or `kept: ` and the reason. */
  healing?: string;
}

/** The most fields that a row or a finding names. */
export const MAX_FIELDS = 20;

/** True when two states say the same, so that there is nothing to write. */
export function isSameState(a: DriftState | undefined, b: DriftState | undefined): boolean {
  if (!a || !b) return a === b;
  return a.class === b.class && a.fields.join() === b.fields.join();
}
