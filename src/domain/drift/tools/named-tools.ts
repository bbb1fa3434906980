import type { LiveAssistant } from '../../account/vapi-account.ts';
import { isJsonObject } from '../../json.ts';
import type { PacedAccount } from '../../long-work/paced-account.ts';
import type { Deadline } from '../../runtime.ts';

/** The most that Vapi lists at once: this walk is rare, and is to end within one task. */
const PAGE = 1000;

/** A page is not asked for with less than this left, in ms. */
const PAGE_MS = 12_000;

/**
 * The tools that any assistant of an account names, whoever made it: one that somebody has linked by hand is called as ours
 * are. Undefined when time runs out; then nothing is known, and nothing may be deleted.
 */
export async function namedTools(account: PacedAccount, deadline: Deadline): Promise<ReadonlySet<string> | undefined> {
  const named = new Map<string, readonly string[]>();
  let until: string | undefined;
  while (deadline.remainingMs() >= PAGE_MS) {
    const page: readonly LiveAssistant[] = await account.list({ ...(until ? { until } : {}), limit: PAGE });
    const fresh = page.filter(({ id }) => !named.has(id));
    for (const { id, config } of fresh) named.set(id, toolIdsOf(config.model));
    if (page.length < PAGE || fresh.length === 0) return new Set([...named.values()].flat());
    // Inclusive, as several may share the millisecond at which the page broke off.
    until = page.at(-1)?.createdAt;
  }
  return undefined;
}

/** By id, and pinned to a version of it. */
function toolIdsOf(model: unknown): string[] {
  if (!isJsonObject(model)) return [];
  const { toolIds, toolRefs } = model;
  const pinned = Array.isArray(toolRefs) ? toolRefs.map((ref) => (isJsonObject(ref) ? ref.toolId : undefined)) : [];
  return [...(Array.isArray(toolIds) ? toolIds : []), ...pinned].filter((id) => typeof id === 'string');
}
