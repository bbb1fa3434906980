import type { TrafficAllocation, VapiAccount, VersionShare } from '../account/vapi-account.ts';
import type { TrafficWish } from '../configuration/assistant-request.ts';
import type { LiveState } from '../mapping/assistant-mapping.ts';
import type { Operation } from '../operation.ts';
import { Problem } from '../problem.ts';

export const CURRENT: LiveState = { state: 'current' };
export const UNKNOWN: LiveState = { state: 'unknown' };

/** What callers hear under an allocation; without one, everybody hears what was stored last. */
export function liveUnder(allocation: TrafficAllocation | undefined): LiveState {
  return allocation?.isPinned ? { state: 'pinned', versions: allocation.versions } : CURRENT;
}

/** True when two states say the same. */
export function isSameLive(a: LiveState | undefined, b: LiveState | undefined): boolean {
  return a?.state === b?.state && sharesOf(a?.versions) === sharesOf(b?.versions);
}

function sharesOf(versions: readonly VersionShare[] = []): string {
  return versions.map(({ version, percentage }) => `${version} ${percentage}`).join();
}

/** What callers hear. `problem`: why it is not what the request asked for. */
export interface LiveSeen {
  live: LiveState;
  problem?: Problem;
}

/**
 * Looks at what callers hear, and takes a pin off when the request asks for it. The allocation that was seen guards the
 * change: one that somebody made meanwhile stays, and is a `VAPI_CONFLICT`. Never throws a `Problem`: the assistant
 * itself needs no change.
 */
export async function lookAtLive(
  operation: Operation,
  { traffic }: Pick<VapiAccount, 'traffic'>,
  { assistantId, wish }: { assistantId: string; wish: TrafficWish | undefined },
): Promise<LiveSeen> {
  let live = UNKNOWN;
  try {
    const found = await traffic.latest(assistantId);
    const allocation = found.kind === 'found' ? found.allocation : undefined;
    live = liveUnder(allocation);
    if (!allocation?.isPinned) return { live };
    if (wish !== 'follow-latest') {
      operation.journal.record({ code: 'TRAFFIC_PINNED', assistantId, versions: allocation.versions.length });
      return { live };
    }
    await traffic.followLatest(assistantId, allocation.id);
    operation.journal.record({ code: 'TRAFFIC_FOLLOWS_LATEST', assistantId });
    return { live: CURRENT };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    operation.journal.record({ code: 'TRAFFIC_NOT_SEEN', assistantId, cause: error.code });
    return wish ? { live, problem: error } : { live };
  }
}
