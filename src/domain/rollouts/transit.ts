import { Problem } from '../problem.ts';
import { isoNow } from '../runtime.ts';
import { sendOrRecord } from '../send-task.ts';
import type { RolloutCall } from './dependencies.ts';
import type { Rollout, StopReason } from './rollout.ts';
import { ROLLOUT_TRANSITIONS, type RolloutTransition } from './transitions.ts';

/** A transition, and what it changes besides the state. */
export type RolloutChange = Partial<Rollout> & { by: RolloutTransition };

/** Makes a transition, if the rollout is still as it was read; undefined when it is not. */
export async function transit(
  { rollouts, runtime, journal }: Pick<RolloutCall, 'rollouts' | 'runtime' | 'journal'>,
  rollout: Rollout,
  { by, ...change }: RolloutChange,
): Promise<Rollout | undefined> {
  const state = ROLLOUT_TRANSITIONS[by].to;
  const written = await rollouts.write(rollout, { ...change, state, updatedAt: isoNow(runtime) });
  if (!written) return undefined;
  const { rolloutId, wave, reason } = written;
  journal.record({ code: 'ROLLOUT_CHANGED', rolloutId, state, wave, reason });
  return written;
}

/**
 * Stops a rollout as its `onFailure` says: pauses it or rolls it back. Undefined when it has changed since it was read.
 */
export async function stop(call: RolloutCall, rollout: Rollout, reason: StopReason): Promise<Rollout | undefined> {
  if (rollout.onFailure === 'pause') return await transit(call, rollout, { by: 'pause', reason });
  return await transit(call, rollout, { by: 'rollback', reason, ...fromTheLast(rollout, isoNow(call.runtime)) });
}

/** Where a rollback begins: at the last unit. Units that were not begun are skipped. */
export function fromTheLast({ unitCount }: Rollout, turnedAt: string) {
  const nothing = { waiting: undefined, dueAt: undefined, counted: undefined, endedAt: undefined } as const;
  return { ...nothing, unit: unitCount - 1, turnedAt };
}

/** Reads a rollout. Throws `NOT_FOUND`. */
export async function findRollout({ rollouts }: Pick<RolloutCall, 'rollouts'>, rolloutId: string): Promise<Rollout> {
  const found = await rollouts.read(rolloutId);
  if (found) return found;
  throw new Problem('NOT_FOUND', 'There is no such rollout. GET /rollouts names those that are.');
}

/**
 * Has the worker go on with a rollout. What to do is stored already, and a missing task is sent within a minute: the
 * caller is not told of a failure.
 */
export async function sendTask(call: RolloutCall, rolloutId: string): Promise<void> {
  await sendOrRecord(call, { kind: 'rollout', rolloutId }, (cause) => ({ code: 'ROLLOUT_NOT_SENT', rolloutId, cause }));
}
