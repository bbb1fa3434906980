import { isoNow } from '../runtime.ts';
import type { RolloutCall } from './dependencies.ts';
import type { Rollout } from './rollout.ts';
import { ROLLOUT_TRANSITIONS, type RolloutTransition } from './transitions.ts';

/** Makes a transition, if the rollout is still as it was read; undefined when it is not. */
export async function transit(
  { rollouts, runtime, journal }: Pick<RolloutCall, 'rollouts' | 'runtime' | 'journal'>,
  rollout: Rollout,
  { by, ...change }: Partial<Rollout> & { by: RolloutTransition },
): Promise<Rollout | undefined> {
  const state = ROLLOUT_TRANSITIONS[by].to;
  const written = await rollouts.write(rollout, { ...change, state, updatedAt: isoNow(runtime) });
  if (!written) return undefined;
  const { rolloutId, wave, reason } = written;
  journal.record({ code: 'ROLLOUT_CHANGED', rolloutId, state, wave, reason });
  return written;
}
