import { LOOKUP_MARGIN_MS } from '../timing.ts';
import type { ListQuery } from './vapi-account.ts';

const PAGE = 100;

/** Moments in ISO 8601, both inclusive. */
export interface Window {
  since: string;
  until?: string;
}

/** When a thing was made, by Vapi's clock, that was made between two moments of ours. */
export function windowAtVapi({ since, untilMs }: { since: string; untilMs?: number }): Window {
  const from = new Date(Date.parse(since) - LOOKUP_MARGIN_MS).toISOString();
  return untilMs === undefined
    ? { since: from }
    : { since: from, until: new Date(untilMs + LOOKUP_MARGIN_MS).toISOString() };
}

interface Dated {
  id: string;
  createdAt: string;
}

/** All that was created in a window, however many pages that takes. */
export async function listCreated<T extends Dated>(
  list: (query: ListQuery) => Promise<T[]>,
  { since, until: end }: Window,
): Promise<T[]> {
  const seen = new Map<string, T>();
  let until = end;
  for (;;) {
    const page = await list({ since, ...(until ? { until } : {}), limit: PAGE });
    const fresh = page.filter(({ id }) => !seen.has(id));
    for (const item of fresh) seen.set(item.id, item);
    if (page.length < PAGE || fresh.length === 0) return [...seen.values()];
    // Inclusive, as several may share the millisecond at which the page broke off.
    until = page.at(-1)?.createdAt;
  }
}
