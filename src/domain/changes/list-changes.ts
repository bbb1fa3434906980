import { ROLES } from '../configuration/assistant-key.ts';
import { limitIn } from '../page-limit.ts';
import { type FieldError, validationFailed } from '../problem.ts';
import type { Change } from './change.ts';
import type { ChangeStore } from './change-store.ts';

interface Listed {
  items: readonly Change[];
  next: string | null;
}

type Parameters = Readonly<Record<string, string | undefined>>;

/** The changes of one organisation, newest first. Throws `VALIDATION_FAILED` naming every parameter that is wrong. */
export async function changesOfOrganisation(
  changes: ChangeStore,
  orgId: string,
  { role, limit, cursor }: Parameters,
): Promise<Listed> {
  const errors: FieldError[] = [];
  const count = limitIn(limit, errors);
  const known = ROLES.find((name) => name === role);
  if (role !== undefined && !known) errors.push({ field: 'role', detail: `use one of: ${ROLES.join(', ')}` });
  if (errors.length > 0) throw validationFailed(errors);
  const { items, next } = await changes.ofOrganisation({ orgId, role: known, limit: count, after: cursor });
  return { items, next: next ?? null };
}

const DAY_MS = 86_400_000;

/** The end of the year 9999: later times are written with a sign, and would sort before all others. */
const LAST_MS = Date.UTC(10_000, 0) - 1;

/**
 * The changes of all organisations since a moment (RFC 3339, by default a day ago), oldest first. `next` is always set,
 * so that a caller can follow; an empty page means nothing new. Throws `VALIDATION_FAILED`.
 */
export async function changesSince(
  changes: ChangeStore,
  { since, limit, cursor }: Parameters,
  now: number,
): Promise<Listed> {
  const errors: FieldError[] = [];
  const count = limitIn(limit, errors);
  const from = since === undefined ? now - DAY_MS : Date.parse(since);
  if (Number.isNaN(from) || (since !== undefined && !RFC_3339.test(since))) {
    errors.push({ field: 'since', detail: 'use a time as RFC 3339 has it: 2026-11-27T09:30:00Z' });
  }
  if (errors.length > 0) throw validationFailed(errors);
  const within = Math.min(Math.max(from, 0), LAST_MS);
  return await changes.since({ since: new Date(within).toISOString(), limit: count, after: cursor });
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
