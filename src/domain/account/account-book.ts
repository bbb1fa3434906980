import { isLastPage } from './list-created.ts';

/** A thing at Vapi as a list shows it. */
export interface Listed {
  id: string;
  /** ISO 8601, by Vapi's clock. */
  createdAt: string;
}

/** What an account has of one kind, by id, as far as it was read. */
export interface Book<T extends Listed> {
  entries: Map<string, T>;
  /** Where the next page begins (ISO 8601); absent before the first. */
  until?: string;
  isComplete: boolean;
  /** True when it could not be read: nothing is known of what is in it. */
  isUnavailable?: boolean;
}

/** Books of the scopes that are being checked: each is read once in a run, by each environment that takes part. */
export interface Shelf<T extends Listed> {
  open(name: string): Book<T>;
}

/** Books that are kept at a time: the platform's, and that of the organisation that is being checked. */
const KEPT = 4;

/** Makes a shelf for one environment. */
export function makeShelf<T extends Listed>(): Shelf<T> {
  const books = new Map<string, Book<T>>();
  return {
    open: (name) => {
      const book = books.get(name) ?? { entries: new Map<string, T>(), isComplete: false };
      books.delete(name);
      books.set(name, book);
      const [oldest] = books.keys();
      if (books.size > KEPT && oldest !== undefined) books.delete(oldest);
      return book;
    },
  };
}

const PAGE = 500;

/** Reads what is missing of a book, page by page; what was read stays when a page fails. */
export async function completeBook<T extends Listed>(
  book: Book<T>,
  list: (query: { limit: number; until?: string }) => Promise<readonly T[]>,
): Promise<void> {
  while (!book.isComplete) {
    const page = await list({ limit: PAGE, until: book.until });
    const fresh = page.filter(({ id }) => !book.entries.has(id));
    for (const entry of fresh) book.entries.set(entry.id, entry);
    const last = page.at(-1);
    if (last) book.until = last.createdAt;
    // Inclusive, as several may share the millisecond at which the page broke off.
    book.isComplete = isLastPage(page, PAGE) || fresh.length === 0;
  }
}
