/** One page of a list. */
interface Page {
  next: string | null;
}

/** All pages of a list, one after the other. */
export async function* pagesOf<P extends Page>(read: (cursor: string | undefined) => Promise<P>): AsyncGenerator<P> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield page;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}
