import type { Rollout } from '../common/api-types.ts';

/** How far a wave is: numbers of targets. */
export interface Wave {
  size: number;
  done: number;
  back: number;
}

const RESTING: readonly Rollout['state'][] = ['completed', 'failed', 'aborted', 'rolled-back'];

/** True when nothing will happen any more, unless somebody rolls it back. */
export function isOver({ state }: Rollout): boolean {
  return RESTING.includes(state);
}

/** Targets that are done with, in whatever way. */
export function doneOf({ targets, counts }: Rollout): number {
  return targets - counts.outdated - counts.applying;
}

/**
 * How far each wave is. A rollout fills them one after the other and tells the sum; a rollback empties them from the
 * newest on.
 */
export function wavesOf(rollout: Rollout): Wave[] {
  let done = doneOf(rollout);
  const waves = rollout.waves.map((size) => {
    const filled = Math.min(size, done);
    done -= filled;
    return { size, done: filled, back: 0 };
  });
  let back = rollout.counts['rolled-back'];
  for (const wave of waves.toReversed()) {
    wave.back = Math.min(wave.done, back);
    wave.done -= wave.back;
    back -= wave.back;
  }
  return waves;
}
