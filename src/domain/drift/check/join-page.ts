import type { Resource } from '../../account/vapi-account.ts';
import type { MappingRow } from '../../mapping/organisation-view.ts';
import { createdMs, type Page } from './window.ts';

/** Rows of the index, and how far down they are complete. */
export interface Rows {
  items: readonly MappingRow[];
  /** Every row of the window created at or after this moment is in `items`; absent: all of them. */
  completeFrom?: number;
}

/** Both sides of a stretch of creation times, side by side. */
interface Joined {
  pairs: readonly { row: MappingRow; live: Resource }[];
  /** Mapped, but not in the list. */
  unlisted: readonly MappingRow[];
  /** In the list, but not mapped there. */
  unmapped: readonly Resource[];
  /** The stretch reaches down to here (epoch ms, inclusive); absent: to the end of the window. */
  completeFrom?: number;
}

interface JoinInput {
  page: Page;
  rows: Rows;
  /** True for an assistant that must be looked at more closely if no row names it. */
  isOurs: (assistant: Resource) => boolean;
  /** About how many assistants may be looked at more closely in one step; a millisecond is never divided. */
  most: number;
}

/**
 * One step of the merge join: the stretch that is complete on both sides, matched by id, cut so that no more unmatched
 * ones are left than can be looked at in one step. Within a millisecond there is no order to rely on: it is taken whole
 * or not at all.
 */
export function joinPage({ page, rows, isOurs, most }: JoinInput): Joined {
  const complete = Math.max(page.completeFrom ?? NOWHERE, rows.completeFrom ?? NOWHERE);
  const live = page.assistants.filter((assistant) => createdMs(assistant) >= complete);
  const mapped = rows.items.filter((row) => rowMs(row) >= complete);
  const joined = match(mapped, live);
  const suspects = [...joined.unlisted.map(rowMs), ...joined.unmapped.filter(isOurs).map(createdMs)].toSorted(
    (a, b) => b - a,
  );
  const lowest = suspects.length > most ? Math.max(complete, suspects[most - 1] ?? complete) : complete;
  if (lowest === NOWHERE) return joined;
  return {
    pairs: joined.pairs.filter(({ live: { createdAt } }) => Date.parse(createdAt) >= lowest),
    unlisted: joined.unlisted.filter((row) => rowMs(row) >= lowest),
    unmapped: joined.unmapped.filter((assistant) => createdMs(assistant) >= lowest),
    completeFrom: lowest,
  };
}

const NOWHERE = Number.NEGATIVE_INFINITY;

/** When the assistant of a row was created, in epoch ms. */
export function rowMs({ assistantCreatedAt }: MappingRow): number {
  return Date.parse(assistantCreatedAt ?? '');
}

function match(rows: readonly MappingRow[], live: readonly Resource[]): Joined {
  const listed = new Map(live.map((assistant) => [assistant.id, assistant]));
  const pairs: { row: MappingRow; live: Resource }[] = [];
  const unlisted: MappingRow[] = [];
  for (const row of rows) {
    const assistant = row.assistantId ? listed.get(row.assistantId) : undefined;
    if (!assistant) {
      unlisted.push(row);
      continue;
    }
    pairs.push({ row, live: assistant });
    listed.delete(assistant.id);
  }
  return { pairs, unlisted, unmapped: [...listed.values()] };
}
