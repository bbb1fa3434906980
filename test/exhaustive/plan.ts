import { PASTS, type Past } from '../faults/pasts.ts';
import { type Fault, OPERATIONS, type OperationName, PAIRS, type Planned, TRIPLES } from './cases.ts';
import type { SpecialPast } from './special-pasts.ts';

const FAULTY: readonly Fault[] = ['one crash', 'one lost or late reply', 'one clock step', 'one frozen process'];
const SINGLES: readonly (readonly OperationName[])[] = OPERATIONS.map((operation) => [operation]);

const SPECIAL: readonly (readonly [Past | SpecialPast, readonly OperationName[]])[] = [
  // Another configuration declares other fields.
  ['nothing', ['ensure a1', 'ensure b1']],
  ['synced', ['ensure a1', 'ensure b1']],
  ['synced', ['ensure b1', 'remove']],
  ['number changed', ['ensure a1']],
  ['number changed', ['ensure a1', 'work']],
  ['pinned', ['ensure a2']],
  ['pinned', ['ensure a2, followed']],
  ['pinned', ['ensure a2', 'ensure a2, followed']],
  ['tool deleted', ['ensure a3+x']],
  ['tool deleted', ['ensure a3+x', 'work']],
  ['key of another account', ['ensure a1']],
  ['key of another account', ['ensure a1', 'remove']],
  ['named by two', ['ensure a1', 'ensure a1 of another']],
  ['tool wanted by two', ['work', 'work of another']],
  ['bound', ['apply', 'apply']],
  ['bound', ['apply', 'unbind']],
  ['bound', ['apply', 'remove']],
  ['bound', ['apply', 'apply', 'unbind']],
  ['rolled out', ['take back', 'take back']],
  ['rolled out', ['take back', 'unbind']],
];

/** Where nobody dies at the end of its time: that breaks what a claim is for, and is looked at from here only. */
const FROZEN_PASTS: readonly (Past | SpecialPast)[] = ['nothing', 'synced', 'named by two'];

function isPlanned(past: Past | SpecialPast, fault: Fault): boolean {
  return fault !== 'one frozen process' || FROZEN_PASTS.includes(past);
}

function planned(operations: readonly (readonly OperationName[])[], fault: Fault): Planned[] {
  const pasts = PASTS.filter((past) => isPlanned(past, fault));
  return pasts.flatMap((past: Past) => operations.map((asked) => ({ past, operations: asked, fault })));
}

function special(fault: Fault): Planned[] {
  // Two workers and a PUT from outside: with one crash at most.
  const isReached = fault === 'no fault' || fault === 'one crash';
  const reached = SPECIAL.filter(([past, { length }]) => isPlanned(past, fault) && (isReached || length < 3));
  return reached.map(([past, operations]) => ({ past, operations, fault }));
}

/** All that `npm run test:exhaustive` explores: what takes least comes first. */
export function everyCase(): Planned[] {
  const faults: Fault[] = ['no fault', ...FAULTY];
  return [
    ...faults.flatMap((fault) => [...planned(SINGLES, fault), ...special(fault), ...planned(PAIRS, fault)]),
    ...planned(TRIPLES, 'no fault'),
  ];
}

/** The same, in the order in which a counterexample is looked for: what takes least comes first. */
export function searchOrder(): Planned[] {
  const faulty = (plan: (fault: Fault) => Planned[]) => FAULTY.flatMap(plan);
  return [
    ...planned(SINGLES, 'no fault'),
    ...special('no fault'),
    ...faulty((fault) => planned(SINGLES, fault)),
    ...planned(PAIRS, 'no fault'),
    ...faulty(special),
    ...faulty((fault) => planned(PAIRS, fault)),
  ];
}
