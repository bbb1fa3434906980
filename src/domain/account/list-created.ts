import { LOOKUP_MARGIN_MS } from '../timing.ts';
import type { ListQuery } from './vapi-account.ts';

const PAGE = 100;

/** As many Vapi lists unasked. A longer page may have been cut off there without a word, whatever was asked for. */
const UNASKED = 100;

/** True for a page that nothing comes behind. */
export function isLastPage(page: readonly unknown[], limit: number): boolean {
  return page.length < Math.min(limit, UNASKED);
}

/** Moments in ISO 8601, both inclusive. */
export interface CreationWindow {
  since: string;
  until?: string;
}

/** The window, by Vapi's clock, of what was made between two moments of ours. */
export function windowAtVapi({ since, untilMs }: { since: string; untilMs?: number }): CreationWindow {
  const from = new Date(Date.parse(since) - LOOKUP_MARGIN_MS).toISOString();
  return untilMs === undefined
    ? { since: from }
    : { since: from, until: new Date(untilMs + LOOKUP_MARGIN_MS).toISOString() };
}

/** A thing at Vapi, as a list shows it. */
export interface Listed {
  id: string;
  /** ISO 8601, by Vapi's clock. */
  createdAt: string;
}

/**
 * The pages of a list, newest first, each without what an earlier page had. `until` starts further down. The last page
 * may be empty.
 */
export async function* pagesOf<T extends Listed>(
  list: (query: ListQuery) => Promise<readonly T[]>,
  { limit, since, until: end }: ListQuery,
): AsyncGenerator<readonly T[]> {
  const seen = new Set<string>();
  let until = end;
  for (;;) {
    const page = await list({ since, until, limit });
    const fresh = page.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    yield fresh;
    if (isLastPage(page, limit) || fresh.length === 0) return;
    // The bound is inclusive, as several may share the millisecond in which the page ended.
    until = page.at(-1)?.createdAt;
  }
}

/** All that was created in a window, however many pages that takes. */
export async function listCreated<T extends Listed>(
  list: (query: ListQuery) => Promise<readonly T[]>,
  window: CreationWindow,
): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pagesOf(list, { ...window, limit: PAGE })) found.push(...page);
  return found;
}
