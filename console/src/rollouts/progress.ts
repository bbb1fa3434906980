import type { Rollout } from '../common/api-types.ts';

/** The progress of a wave, in numbers of targets. */
export interface Wave {
  size: number;
  done: number;
  back: number;
}

const RESTING: readonly Rollout['state'][] = ['completed', 'failed', 'aborted', 'rolled-back'];

/** True when nothing more happens unless somebody rolls it back. */
export function isOver({ state }: Rollout): boolean {
  return RESTING.includes(state);
}

/** Targets that are finished, in whatever state. */
export function doneOf({ targets, counts }: Rollout): number {
  return targets - counts.outdated - counts.applying;
}

/**
 * The progress of each wave. A rollout fills them one after the other and only tells the sum; a rollback empties them
 * from the newest on.
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
