import { type Board, momentOf, perform, WAITING } from './make-move.ts';
import { claimEnds, type Move } from './moves.ts';
import { isAlive, type Process, type State } from './state.ts';

/** Kept of the life of a process that waits: enough to look once more, and to answer that another call is running. */
const LAST_LOOK_MS = 1_000;

/**
 * What time does when all that live wait for somebody else's claim: the first of them runs out of time, or all began
 * late enough to see the claim end.
 */
export async function waitingMoves(board: Board, state: State): Promise<Move[]> {
  const alive = state.processes.filter(isAlive);
  if (alive.length === 0 || !alive.every(({ position }) => position.isSleeping)) return [];
  for (const process of alive) if (!(await waitsInVain(board, state, process))) return [];
  const outOfTime = Math.min(...alive.map(({ endsAt }) => endsAt)) - LAST_LOOK_MS;
  const ends = claimEnds(state);
  const patient: Move[] =
    ends.length > 0 ? [{ kind: 'jump', to: Math.max(...ends) + 1, mortal: false, why: WAITING }] : [];
  return outOfTime > state.clock ? [{ kind: 'jump', to: outOfTime, mortal: true, why: WAITING }, ...patient] : patient;
}

/** True when the process would look, see what it has seen before, and sleep again. */
async function waitsInVain(board: Board, state: State, process: Process): Promise<boolean> {
  const [pause] = process.position.pending;
  if (!pause) return false;
  const moment = momentOf(state, process);
  const awake = await process.position.after({
    number: pause.number,
    reply: { kind: 'value', value: undefined },
    moment,
  });
  const [look, ...others] = awake.pending;
  if (!look || others.length > 0 || look.label !== 'table read') return false;
  const { reply } = await perform(board, state, { pending: look, outcome: 'done' });
  return (await awake.after({ number: look.number, reply, moment })) === process.position;
}
