import { type Listed, pagesOf } from './list-created.ts';

/** A list of one account, as far as it was read. */
export interface CachedList<T extends Listed> {
  /** By id. */
  entries: Map<string, T>;
  /** Where the next page begins (ISO 8601); absent before the first. */
  until?: string;
  isComplete: boolean;
  /** True when the list could not be read: nothing is known of the account. */
  isUnavailable?: boolean;
}

/** The lists of the scopes that are being checked: each environment that takes part in a run reads a list once. */
export interface ListCache<T extends Listed> {
  /** The list of that name; an empty one when it is not cached. */
  list(name: string): CachedList<T>;
}

/** The most lists that are cached: that of the platform, and those of the organisations that are being checked. */
const MOST_LISTS = 4;

/** Makes a cache for one environment. */
export function makeListCache<T extends Listed>(): ListCache<T> {
  const lists = new Map<string, CachedList<T>>();
  return {
    list: (name) => {
      const list = lists.get(name) ?? { entries: new Map<string, T>(), isComplete: false };
      lists.delete(name);
      lists.set(name, list);
      const [oldest] = lists.keys();
      if (lists.size > MOST_LISTS && oldest !== undefined) lists.delete(oldest);
      return list;
    },
  };
}

const PAGE = 500;

/** Reads what is missing of a list, page by page; what was read stays when a page fails. */
export async function completeList<T extends Listed>(
  list: CachedList<T>,
  read: (query: { limit: number; until?: string }) => Promise<readonly T[]>,
): Promise<void> {
  if (list.isComplete) return;
  for await (const page of pagesOf(read, { limit: PAGE, until: list.until })) {
    for (const entry of page) list.entries.set(entry.id, entry);
    list.until = page.at(-1)?.createdAt ?? list.until;
  }
  list.isComplete = true;
}
