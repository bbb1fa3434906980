import type { Fault } from './cases.ts';

/** A violation that was found in the code of today, and that docs/proof.md describes. */
export interface Known {
  name: string;
  matches: (what: string, where: { case: string; fault: Fault }) => boolean;
}

export const KNOWN: readonly Known[] = [
  {
    name: 'an import takes a claim over that would have led to an earlier create',
    matches: (what, { case: name }) =>
      what.endsWith('is ours, no row names it, and nobody looks for it') &&
      name.includes('import') &&
      name.includes('from "unresolved'),
  },
  {
    name: 'a claim that is abandoned, or a DELETE, takes the configuration of the next holder with it',
    matches: (what, { case: name, fault }) =>
      (fault !== 'no fault' || name.includes('∥ remove, from')) &&
      name.includes('∥') &&
      ['is not stored', 'linked are , wanted', 'tools are pending'].some((text) => what.includes(text)),
  },
  {
    name: 'the repeat of a PUT that was cut off does not look at what callers hear',
    matches: (what, { case: name, fault }) =>
      fault !== 'no fault' && name.includes('from "pinned"') && what.includes('the row says that the assistant is'),
  },
  {
    name: 'a DELETE that arrives late removes what a PUT was answered for',
    matches: (what, { case: name, fault }) =>
      (fault === 'one lost or late reply' && what.includes('a DELETE arrived late')) ||
      (fault === 'one frozen process' && name.includes('remove') && what.includes('which has no claim, removed')),
  },
  {
    name: 'a process that outlives its claim maps an assistant that another organisation has taken over',
    matches: (what, { case: name, fault }) =>
      fault === 'one frozen process' &&
      name.includes('from "named by two"') &&
      (what.endsWith('is named by two rows') || what.includes('answered "adopted"')),
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
