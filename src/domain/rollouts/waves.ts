import type { RolloutRequest } from './rollout.ts';

/** A count, or a percentage of all, rounded down. */
export function countOf(amount: string | number, all: number): number {
  return typeof amount === 'number' ? amount : Math.floor((all * Number.parseFloat(amount)) / 100);
}

/**
 * The sizes of the waves: `first`, then each `factor` times the one before (exponential), or as many again (linear);
 * the last is the rest. Sizes are rounded down, but the next one is made from the exact number: otherwise 1.5 times 1
 * would stay 1 for ever. Pure.
 */
export function waveSizes(targets: number, { first, growth, factor }: RolloutRequest['waves']): number[] {
  const sizes: number[] = [];
  let size = Math.max(1, countOf(first, targets));
  for (let left = targets; left > 0; left -= sizes.at(-1) ?? left) {
    sizes.push(Math.min(Math.floor(size), left));
    if (growth === 'exponential') size *= factor;
  }
  return sizes;
}
