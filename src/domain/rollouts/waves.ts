import type { RolloutRequest } from './rollout.ts';

/** A count, or a percentage of all, rounded down. */
export function countOf(amount: string | number, all: number): number {
  return typeof amount === 'number' ? amount : Math.floor((all * Number.parseFloat(amount)) / 100);
}

/** The sizes of the waves: `first`, then each `factor` times the one before, or as many again; the last is the rest. Pure. */
export function waveSizes(targets: number, { first, growth, factor }: RolloutRequest['waves']): number[] {
  const sizes: number[] = [];
  let size = Math.max(1, countOf(first, targets));
  for (let left = targets; left > 0; left -= sizes.at(-1) ?? left) {
    sizes.push(Math.min(Math.floor(size), left));
    // Not rounded down here: a wave of 1 would never grow by a factor below 2.
    if (growth === 'exponential') size *= factor;
  }
  return sizes;
}
