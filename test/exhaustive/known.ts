import type { Fault } from './cases.ts';

/** A violation that was found in the code of today, and that docs/proof.md describes. */
export interface Known {
  name: string;
  matches: (what: string, where: { case: string; fault: Fault }) => boolean;
}

export const KNOWN: readonly Known[] = [
  {
    name: 'a DELETE of a process that has outlived its claim takes what a PUT has made, or its configuration',
    matches: (what, { case: name, fault }) =>
      fault === 'one frozen process' &&
      name.includes('remove') &&
      (what.includes('which has no claim, removed') || what.endsWith('is not stored')),
  },
  {
    name: 'a process that outlives its claim maps an assistant that another organisation has taken over',
    matches: (what, { case: name, fault }) =>
      fault === 'one frozen process' &&
      name.includes('from "named by two"') &&
      (what.endsWith('is named by two rows') || what.includes('answered "adopted"')),
  },
  {
    name: 'a pin that was taken off by a request whose reply was lost is seen when somebody looks at it again',
    matches: (what, { case: name, fault }) =>
      fault !== 'no fault' &&
      name.includes('from "pinned"') &&
      what.includes('the row says that the assistant is pinned'),
  },
  {
    name: 'a PATCH that arrives late makes the answer to another PUT untrue',
    matches: (what, { fault }) =>
      fault === 'one lost or late reply' &&
      /answered "(updated|adopted|applied|rolled-back)", which was true at no moment/.test(what),
  },
  {
    name: 'a PATCH or a DELETE of a process that is frozen for longer than Lambda lets it comes too late',
    matches: (what, { case: name, fault }) =>
      fault === 'one frozen process' &&
      ((/ensure|rollback|import/.test(name) && what.includes('which was true at no moment')) ||
        / is not as \S+ wants it$/.test(what)),
  },
];
