import type { CachedList } from '../../account/list-cache.ts';
import type { Listed } from '../../account/list-created.ts';
import type { TrafficAllocation, VapiTraffic } from '../../account/vapi-account.ts';
import type { LiveState } from '../../mapping/assistant-mapping.ts';
import { Problem } from '../../problem.ts';
import { CURRENT, liveUnder, UNKNOWN } from '../../traffic/live.ts';
import type { ScopeCheck } from './scope-check.ts';

/** Allocations in a page. */
const PAGE = 1000;

/**
 * What callers of an assistant hear. The allocations of the account are listed once in a run; only an assistant that
 * looks pinned is asked for itself, as the list may be older than its row.
 */
export async function lookAtTraffic(check: ScopeCheck, assistantId: string): Promise<LiveState> {
  const { account, deps, run, scope } = check;
  const allocations = deps.allocations.list(`${run.runId} ${scope}`);
  if (allocations.isUnavailable) return UNKNOWN;
  try {
    await completeAllocations(allocations, account.traffic);
    if (!allocations.entries.get(assistantId)?.isPinned) return CURRENT;
    const found = await account.traffic.latest(assistantId);
    return liveUnder(found.kind === 'found' ? found.allocation : undefined);
  } catch (error) {
    // The check goes on without it: what callers hear is not worth a failed run.
    if (!(error instanceof Problem)) throw error;
    allocations.isUnavailable = true;
    return UNKNOWN;
  }
}

/** Newest first: the first allocation of an assistant is the one in force. */
async function completeAllocations(list: CachedList<Listed & TrafficAllocation>, traffic: VapiTraffic): Promise<void> {
  for (let page = 1; !list.isComplete; page += 1) {
    const listed = await traffic.list({ page, limit: PAGE });
    const allocations = listed.kind === 'found' ? listed.allocations : [];
    for (const allocation of allocations) {
      const { assistantId } = allocation;
      if (!list.entries.has(assistantId)) list.entries.set(assistantId, { ...allocation, createdAt: '' });
    }
    list.isComplete = allocations.length < PAGE;
  }
}
