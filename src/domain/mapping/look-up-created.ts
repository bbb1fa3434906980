import type { Operation } from '../operation.ts';
import { Problem } from '../problem.ts';
import { FINISH_RESERVE_MS, LOOKUP_PAUSES_MS, MIN_CREATE_MS } from '../timing.ts';

/** Throws `VAPI_UNAVAILABLE`, with this detail, when too little time is left to create something and record it. */
export function assertTimeToCreate({ deadline }: Operation, detail: string): void {
  if (deadline.remainingMs() < MIN_CREATE_MS) throw new Problem('VAPI_UNAVAILABLE', detail);
}

/**
 * Looks for what a create of unknown outcome has made, several times while there is time. Undefined when it is not
 * found.
 */
export async function lookUpCreated<T>(
  { deadline, runtime }: Operation,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const pause of LOOKUP_PAUSES_MS) {
    if (deadline.remainingMs() < pause + FINISH_RESERVE_MS) return undefined;
    await runtime.sleep(pause);
    const found = await ifReachable(look);
    if (found) return found;
  }
  return undefined;
}

async function ifReachable<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    // Vapi may be down altogether, which is why the outcome is unknown: then it stays unknown.
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
