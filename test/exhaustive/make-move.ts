import { Problem } from '../../src/domain/problem.ts';
import type { Upstream, Verdict } from '../faults/upstream.ts';
import type { World } from '../faults/world.ts';
import { isRead, isStarted, type Move, type Outcome } from './moves.ts';
import type { Moment, Pending, Reply } from './position.ts';
import {
  type Budget,
  type InFlight,
  isAlive,
  type Process,
  type Shared,
  type SharedStates,
  type State,
} from './state.ts';

/** Makes moves in one world, which is set to the state that each begins from. */
export interface Board {
  world: World;
  shared: SharedStates;
}

/** What a process has got, for whoever reads how it came to a violation. */
export interface Made {
  state: State;
  reply?: Reply;
}

/** What comes of a move. The state that it begins from stays as it is. */
export async function makeMove(board: Board, state: State, move: Move): Promise<Made> {
  switch (move.kind) {
    case 'step':
      return await step(board, state, move);
    case 'crash':
      return { state: crash(state, move.process) };
    case 'land':
      return { state: await land(board, state, move.index) };
    case 'jump':
      return { state: jump(state, move) };
  }
}

async function step(board: Board, state: State, move: Extract<Move, { kind: 'step' }>): Promise<Made> {
  const { process: index, pending, outcome } = move;
  const { reply, shared } = await perform(board, state, { pending, outcome });
  const process = processAt(state, index);
  const moment = momentOf(state, process);
  const position = await process.position.after({ number: pending.number, reply, moment });
  const sent: InFlight[] = outcome === 'late' ? [{ process: index, pending }] : [];
  const next = {
    ...state,
    shared,
    processes: replaced(state.processes, index, { ...process, position }),
    inFlight: [...state.inFlight, ...sent],
    budget: outcome === 'done' ? state.budget : spent(state.budget, 'losses'),
  };
  return { state: next, reply };
}

interface Performed {
  reply: Reply;
  shared: Shared;
}

/** What came of an effect: it depends on nothing but the shared state, the time and what the effect is given. */
const performed = new WeakMap<Shared, Map<string, Performed>>();

/** One effect, on its own: what the process is told, and how everything is then. */
export async function perform(
  board: Board,
  { shared, clock }: State,
  { pending, outcome }: { pending: Pending; outcome: Outcome },
): Promise<Performed> {
  const known = performed.get(shared) ?? new Map<string, Performed>();
  performed.set(shared, known);
  const key = `${pending.number} ${outcome} ${clock}`;
  const result = known.get(key) ?? (await performAnew(board, { shared, clock }, { pending, outcome }));
  known.set(key, result);
  return result;
}

async function performAnew(
  board: Board,
  state: Pick<State, 'shared' | 'clock'>,
  { pending, outcome }: { pending: Pending; outcome: Outcome },
): Promise<Performed> {
  const { world, shared } = board;
  const isOfVapi = pending.label.startsWith('vapi');
  const happens = outcome === 'done' || outcome === 'reply lost';
  if (!isOfVapi && !happens) return { reply: away(), shared: state.shared };
  world.restore(state.shared.state, state.clock);
  const reply = await replyOf(world.upstream, pending, VERDICTS[outcome]);
  const after = isRead(pending.label) || !happens ? state.shared : shared.of(world);
  return { reply: isOfVapi || outcome === 'done' ? reply : away(), shared: after };
}

/** What an adapter throws when the table or the queue does not answer. */
function away(): Reply {
  return { kind: 'error', error: new Problem('STORAGE_UNAVAILABLE', 'planted') };
}

const VERDICTS: Readonly<Record<Outcome, Verdict>> = {
  done: 'ok',
  fails: 'error-before',
  'reply lost': 'error-after',
  late: 'error-before',
};

async function replyOf(upstream: Upstream, { act }: Pending, verdict: Verdict): Promise<Reply> {
  upstream.verdict = () => verdict;
  try {
    return { kind: 'value', value: await act() };
  } catch (error) {
    if (!Error.isError(error)) throw error;
    return { kind: 'error', error };
  }
}

export function momentOf({ clock }: State, { endsAt }: Process): Moment {
  return { now: clock, remainingMs: Math.max(0, endsAt - clock) };
}

/** What has been sent may arrive all the same. */
function crash(state: State, index: number): State {
  const process = processAt(state, index);
  const sent = process.position.pending.filter(({ label }) => !isRead(label));
  const inFlight = sent.map((pending): InFlight => ({ process: index, pending }));
  return {
    ...state,
    processes: replaced(state.processes, index, { ...process, isDead: true }),
    inFlight: [...state.inFlight, ...inFlight],
    budget: spent(state.budget, 'crashes'),
  };
}

async function land(board: Board, state: State, index: number): Promise<State> {
  const { pending } = state.inFlight[index] ?? {};
  if (!pending) throw new Error('nothing is in flight');
  const { shared } = await perform(board, state, { pending, outcome: 'done' });
  return { ...state, shared, inFlight: state.inFlight.filter((_, at) => at !== index) };
}

/** What is in flight arrives before, or never: no request is under way for as long as a claim lasts. */
function jump(state: State, { to, mortal, why }: Extract<Move, { kind: 'jump' }>): State {
  const { clock, processes, inFlight, budget } = state;
  const passed = (process: Process): Process => {
    if (!isAlive(process) || !isStarted(process)) return { ...process, endsAt: process.endsAt + to - clock };
    if (!mortal) return { ...process, endsAt: process.endsAt + to - clock };
    return process.endsAt < to ? { ...process, isDead: true } : process;
  };
  const isLong = to - clock > LONGEST_FLIGHT_MS;
  return {
    ...state,
    clock: to,
    processes: processes.map(passed),
    inFlight: isLong ? [] : inFlight,
    budget: why === WAITING ? budget : spent(budget, 'jumps'),
  };
}

/** Time that passes because nobody can do anything before. */
export const WAITING = 'everybody waits';

/** A request arrives within the life of its sender, or never. */
const LONGEST_FLIGHT_MS = 29_000;

function spent(budget: Budget, what: keyof Budget): Budget {
  return { ...budget, [what]: budget[what] - 1 };
}

export function processAt({ processes }: State, index: number): Process {
  const process = processes[index];
  if (!process) throw new Error(`there is no process ${index}`);
  return process;
}

function replaced(processes: readonly Process[], index: number, process: Process): Process[] {
  return processes.map((other, at) => (at === index ? process : other));
}
