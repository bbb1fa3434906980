import { CLAIM_MARGIN_MS, SETTLE_MS } from '../../src/domain/timing.ts';
import { LAMBDA_MS } from '../faults/world.ts';
import { type Pending, SECRET, SLEEP, START } from './position.ts';
import { type Budget, isAlive, type Process, type State } from './state.ts';

/**
 * How an effect goes.
 * - `done`: it happens, and its reply comes
 * - `fails`: it does not happen, and the process is told so, or is told nothing certain
 * - `reply lost`: it happens, and the process is told that it may have failed
 * - `late`: the process is told that it may have failed, and it happens later
 */
export type Outcome = 'done' | 'fails' | 'reply lost' | 'late';

/**
 * What can happen next.
 * - `step`: an effect that a process waits for, the end of its pause, or its start
 * - `crash`: a process dies; what it has just sent may still arrive
 * - `land`: a request arrives whose sender has given up or died
 * - `jump`: time passes. `mortal`: processes whose time is over die; else they were frozen, and go on
 */
export type Move =
  | { kind: 'step'; process: number; pending: Pending; outcome: Outcome }
  | { kind: 'crash'; process: number }
  | { kind: 'land'; index: number }
  | { kind: 'jump'; to: number; mortal: boolean; why: string };

/** Which clock steps are tried where the budget has one. */
export type JumpKind = 'mortal' | 'frozen';

/** Effects that commute with all that any process does; a start does as long as no time passes. */
function isLocal({ label }: Pending, { jumps }: Budget): boolean {
  return LOCAL.includes(label) || (label === START && jumps === 0);
}

/**
 * Secrets do not change, and nobody reads the queue.
 */
const LOCAL = [SECRET, 'queue send'];

/**
 * All that can happen next, but for the passing of time while everybody waits. A process whose next effect touches
 * nothing that others touch goes first, alone: any other order leads to the same states (docs/proof.md).
 */
export function movesOf(state: State, jumps: JumpKind): Move[] {
  const { processes, budget } = state;
  const clock = budget.jumps > 0 ? jumpsOf(state, jumps) : [];
  for (const [index, process] of processes.entries()) {
    const local = isAlive(process) && process.position.pending.find((pending) => isLocal(pending, budget));
    if (local) return [...waysOf(index, local, budget), ...clock];
  }
  const steps = processes.flatMap((process, index) => (mayAct(process, state) ? stepsOf(process, index, budget) : []));
  const crashes = budget.crashes > 0 ? processes.flatMap((process, index) => crashOf(process, index)) : [];
  const landings = state.inFlight.map((_, index): Move => ({ kind: 'land', index }));
  return [...steps, ...landings, ...crashes, ...clock];
}

/**
 * A start commutes with all but the passing of time: a process begins first of all, or after time has passed. One that
 * has not begun has time pass, sooner or later.
 */
function mayAct(process: Process, { processes }: State): boolean {
  if (!isAlive(process)) return false;
  return isStarted(process) || processes.every(({ position }) => !position.hasActed);
}

export function isStarted({ position }: Process): boolean {
  return position.pending.every(({ label }) => label !== START);
}

function stepsOf({ position }: Process, index: number, budget: Budget): Move[] {
  return position.pending.flatMap((pending) => waysOf(index, pending, budget));
}

function waysOf(process: number, pending: Pending, budget: Budget): Move[] {
  return outcomesOf(pending, budget).map((outcome) => ({ kind: 'step', process, pending, outcome }));
}

function outcomesOf({ label }: Pending, { losses }: Budget): readonly Outcome[] {
  if (losses === 0 || label === START || label === SLEEP) return ['done'];
  if (isRead(label)) return ['done', 'fails'];
  return isLate(label) ? ['done', 'fails', 'reply lost', 'late'] : ['done', 'fails', 'reply lost'];
}

/** A number that is pointed late can no longer be told from one that somebody has pointed by hand. */
function isLate(label: string): boolean {
  return label.startsWith('vapi') && !label.endsWith('number');
}

const READS = [
  'table read',
  'table load',
  'table list',
  'table owners-of',
  'vapi GET',
  'vapi LIST',
  'secret',
  SLEEP,
  START,
];

/** True for an effect that changes nothing but what the process knows. */
export function isRead(label: string): boolean {
  return READS.some((read) => label.startsWith(read));
}

function crashOf(process: Process, index: number): Move[] {
  return isAlive(process) && isStarted(process) ? [{ kind: 'crash', process: index }] : [];
}

/** To a moment when little time is left, past the end of each claim, and past the time in which a create settles. */
function jumpsOf(state: State, kind: JumpKind): Move[] {
  const mortal = kind === 'mortal';
  const { clock } = state;
  const claimsEnd = Math.max(clock + LONGEST_CLAIM_MS, ...claimEnds(state)) + 1;
  const past: Move[] = [
    { kind: 'jump', to: claimsEnd, mortal, why: 'every claim ends' },
    { kind: 'jump', to: claimsEnd + SETTLE_MS, mortal, why: 'every create settles' },
  ];
  return mortal ? [{ kind: 'jump', to: clock + SHORT_MS, mortal, why: 'little time is left' }, ...past] : past;
}

/** Leaves three of 29 seconds: too little to create an assistant, enough to answer. */
const SHORT_MS = 26_000;
const LONGEST_CLAIM_MS = LAMBDA_MS + CLAIM_MARGIN_MS;

/** When the claims end that somebody holds, in epoch ms. */
export function claimEnds({ shared, clock }: State): number[] {
  const { rows, tools } = shared.state;
  return [...rows, ...tools].flatMap(([, { claim }]) => {
    if (!claim || claim.unresolvedAt !== undefined) return [];
    const end = Date.parse(claim.expiresAt);
    return end > clock ? [end] : [];
  });
}
