import type { VapiPhoneNumbers } from '../account/vapi-account.ts';

/** Which assistant answers each phone number of an account, as far as it was read. Undefined: none does. */
export interface NumberBook {
  targets: Map<string, string | undefined>;
  /** Where the next page begins (ISO 8601); absent before the first. */
  until?: string;
  isComplete: boolean;
}

/** Books of the scopes that are being checked: each is read once in a run, by each environment that takes part. */
export interface NumberShelf {
  open(name: string): NumberBook;
}

/** Books that are kept at a time: the platform's, and that of the organisation in hand. */
const KEPT = 4;

/** Makes a shelf for one environment. */
export function makeNumberShelf(): NumberShelf {
  const books = new Map<string, NumberBook>();
  return {
    open: (name) => {
      const book = books.get(name) ?? { targets: new Map<string, string | undefined>(), isComplete: false };
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
export async function completeBook(book: NumberBook, numbers: Pick<VapiPhoneNumbers, 'list'>): Promise<void> {
  while (!book.isComplete) {
    const page = await numbers.list({ limit: PAGE, ...(book.until ? { until: book.until } : {}) });
    const fresh = page.filter(({ id }) => !book.targets.has(id));
    for (const { id, assistantId } of fresh) book.targets.set(id, assistantId);
    const last = page.at(-1);
    if (last) book.until = last.createdAt;
    // Inclusive, as several may share the millisecond at which the page broke off.
    book.isComplete = page.length < PAGE || fresh.length === 0;
  }
}
