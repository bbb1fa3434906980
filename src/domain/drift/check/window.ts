import { isLastPage } from '../../account/list-created.ts';
import type { Resource } from '../../account/vapi-account.ts';

/** A stretch of creation times, in epoch ms: `from` inclusive, `to` exclusive. An absent bound is open. */
export interface Window {
  from?: number;
  to?: number;
}

/** A page of a list, and how far down it is complete. */
export interface Page {
  assistants: readonly Resource[];
  /** Every assistant of the window that was created at or after this moment is in `assistants`; absent: all of them. */
  completeFrom?: number;
}

/** Creation time in epoch ms. */
export function createdMs({ createdAt }: { createdAt: string }): number {
  return Date.parse(createdAt);
}

/** True when a moment lies in a window; false for an invalid time (NaN). */
export function isInside(ms: number, { from, to }: Window): boolean {
  return ms >= (from ?? Number.NEGATIVE_INFINITY) && ms < (to ?? Number.POSITIVE_INFINITY);
}

/** The bounds of a window as Vapi's list takes them: both inclusive. */
export function listBounds({ from, to }: Window): { since?: string; until?: string } {
  return { since: timeOf(from), until: timeOf(to === undefined ? undefined : to - 1) };
}

function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/**
 * The part of a page that is certainly complete. A full page may end within a millisecond that several share: those of
 * its last millisecond are left for the next page. Undefined when the whole page is one millisecond.
 */
export function completePart(assistants: readonly Resource[], limit: number): Page | undefined {
  const last = assistants.at(-1);
  if (!last || isLastPage(assistants, limit)) return { assistants };
  const lowest = createdMs(last);
  const certain = assistants.filter((assistant) => createdMs(assistant) > lowest);
  return certain.length > 0 ? { assistants: certain, completeFrom: lowest + 1 } : undefined;
}
