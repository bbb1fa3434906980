import type { OrganisationRecord } from '../account/organisation-record.ts';
import type { AssistantKey, Role } from '../configuration/assistant-key.ts';
import { unreadableRow } from '../problem.ts';
import type { AssistantMapping } from './assistant-mapping.ts';

/** What one consistent read of an organisation gives. */
export interface OrganisationView {
  record: OrganisationRecord | undefined;
  mappings: readonly AssistantMapping[];
  /** Rows that cannot be read: mappings, or the record. */
  unreadable: readonly UnreadableMapping[];
}

/** A row that cannot be parsed. Its keys still tell its owner and the assistant that it names. */
export interface UnreadableMapping {
  /** The row's primary key. */
  unreadable: string;
  orgId: string;
  /** Absent for the record of an organisation, and for a role that only a later version knows. */
  role?: Role;
  assistantId?: string;
  /** ISO 8601. */
  assistantCreatedAt?: string;
}

/** A row of the table of mappings, whether it can be read or not. */
export type MappingRow = AssistantMapping | UnreadableMapping;

/** True for a row that can be read. */
export function isReadable(row: MappingRow): row is AssistantMapping {
  return !('unreadable' in row);
}

/** The mapping of one assistant. Throws `INTERNAL` when a row that decides about it cannot be read. */
export function mappingOf(view: OrganisationView, key: AssistantKey): AssistantMapping | undefined {
  assertReadable(view, key);
  return view.mappings.find((mapping) => mapping.role === key.role);
}

/** Throws `INTERNAL` when a row that decides about one assistant cannot be read. */
export function assertReadable(view: OrganisationView, key: AssistantKey): void {
  const hidden = unreadableOf(view, key);
  if (hidden) throw unreadableRow(hidden.unreadable);
}

/** The unreadable row that decides about one assistant: its mapping, or the record of its organisation. */
export function unreadableOf({ unreadable }: OrganisationView, { role }: AssistantKey): UnreadableMapping | undefined {
  return unreadable.find((row) => row.role === role || row.role === undefined);
}

/** The role whose row already names an assistant, readable or not. */
export function nameOfRoleWith({ mappings, unreadable }: OrganisationView, assistantId: string): string | undefined {
  const row = [...mappings, ...unreadable].find((candidate) => candidate.assistantId === assistantId);
  return row && (row.role ?? 'unknown');
}
