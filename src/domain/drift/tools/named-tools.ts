import { pagesOf } from '../../account/list-created.ts';
import type { ListQuery } from '../../account/vapi-account.ts';
import type { PacedAccount } from '../../long-work/paced-account.ts';
import type { Deadline } from '../../runtime.ts';
import { linkedToolIds } from '../../tools/link-tools.ts';

/** The most that Vapi lists at once: this walk is rare, and is to end within one task. */
const PAGE = 1000;

/** A page is not asked for with less than this left, in ms. */
const PAGE_MS = 12_000;

/**
 * The tools that any assistant of an account names, whoever made the assistant: one that was linked by hand calls its
 * tools as ours do. Undefined when time runs out; then nothing is known, and nothing may be deleted.
 */
export async function namedTools(account: PacedAccount, deadline: Deadline): Promise<ReadonlySet<string> | undefined> {
  const named = new Set<string>();
  let isCutOff = false;
  const list = async (query: ListQuery) => {
    isCutOff = deadline.remainingMs() < PAGE_MS;
    return isCutOff ? [] : await account.assistants.list(query);
  };
  for await (const page of pagesOf(list, { limit: PAGE })) {
    for (const toolId of page.flatMap(({ config }) => linkedToolIds(config.model))) named.add(toolId);
  }
  return isCutOff ? undefined : named;
}
