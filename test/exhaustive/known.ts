import type { Fault } from './cases.ts';

/** A violation that was found in the code of today, and that docs/proof.md describes. */
export interface Known {
  name: string;
  matches: (what: string, where: { case: string; fault: Fault }) => boolean;
}

export const KNOWN: readonly Known[] = [
  {
    name: 'a DELETE of a process that has outlived its claim takes what a PUT was answered for',
    matches: (what, { case: name, fault }) =>
      fault === 'one frozen process' && name.includes('remove') && what.includes('which has no claim, removed'),
  },
  {
    name: 'a PATCH that arrives late makes the answer to another PUT untrue',
    matches: (what, { fault }) =>
      fault === 'one lost or late reply' &&
      /answered "(updated|adopted|applied|rolled-back)", which was true at no moment/.test(what),
  },
];
