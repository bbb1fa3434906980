import { isoNow } from '../runtime.ts';
import { sendOrRecord } from '../send-task.ts';
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

/**
 * Has the worker go on with a rollout. What to do is stored already, and a missing task is sent within a minute: the
 * caller is not told of a failure.
 */
export async function sendTask(call: RolloutCall, rolloutId: string): Promise<void> {
  await sendOrRecord(call, { kind: 'rollout', rolloutId }, (cause) => ({ code: 'ROLLOUT_NOT_SENT', rolloutId, cause }));
}
