import { eachToItsEnd } from '../../each-to-its-end.ts';
import type { RolloutCall } from '../dependencies.ts';
import type { Rollout } from '../rollout.ts';
import { isEnded } from '../transitions.ts';

/** Rollouts that are read at the same time. */
const AT_ONCE = 32;

/**
 * Acts on each open rollout: the newest of each template, if it has not ended. One that fails, is slow, or cannot be
 * read does not stop the others; the first error is thrown at the end.
 */
export async function withEachOpen({ rollouts }: RolloutCall, act: (rollout: Rollout) => Promise<void>): Promise<void> {
  const actOn = async (rolloutId: string) => {
    const rollout = await rollouts.read(rolloutId);
    if (rollout && !isEnded(rollout.state)) await act(rollout);
  };
  await eachToItsEnd(rollouts.newestOfAll(), actOn, { concurrency: AT_ONCE, goesOn: true });
}
