import type { World, WorldState } from '../faults/world.ts';
import { canonicalText } from './canonical.ts';
import type { Pending, Position } from './position.ts';

/** Table, queue and Vapi at one moment. Each that is different has one number. */
export interface Shared {
  readonly id: number;
  readonly state: WorldState;
}

export interface Process {
  readonly position: Position;
  /** Epoch ms. */
  readonly endsAt: number;
  /** It was killed: it asks for nothing any more. */
  readonly isDead: boolean;
}

/** A request that was sent and has not arrived yet; nobody waits for its reply. */
export interface InFlight {
  readonly process: number;
  readonly pending: Pending;
}

/** How much may still go wrong. */
export interface Budget {
  readonly crashes: number;
  readonly losses: number;
  readonly jumps: number;
}

/** Everything that decides what can happen next, and what of the properties was seen so far. */
export interface State {
  readonly shared: Shared;
  /** Epoch ms. */
  readonly clock: number;
  readonly processes: readonly Process[];
  readonly inFlight: readonly InFlight[];
  readonly budget: Budget;
  /** Which processes have seen their answer be true at some moment since they began; one bit each. */
  readonly trueSince: number;
  /** Somebody has removed the assistant, and nobody has asked for it since. */
  readonly isRemoved: boolean;
}

/**
 * The same for states from which the same can happen. Of a process that has ended or died, nothing matters any more.
 */
export function keyOf({ shared, clock, processes, inFlight, budget, trueSince, isRemoved }: State): string {
  const at = processes.map((process, index) => {
    const { position, endsAt } = process;
    return isAlive(process) ? `${position.id}@${endsAt - clock}${(trueSince & (1 << index)) === 0 ? '' : '+'}` : 'x';
  });
  const sent = inFlight.map(({ process, pending }) => `${process} ${pending.number}`).toSorted();
  const left = `${budget.crashes}${budget.losses}${budget.jumps}`;
  return `${shared.id} ${clock} ${at.join()} ${sent.join()} ${left}${isRemoved ? ' removed' : ''}`;
}

export function isAlive({ position, isDead }: Process): boolean {
  return !isDead && position.ending === undefined;
}

/** Gives each different content of the table, the queue and Vapi its number. */
export class SharedStates {
  readonly #byText = new Map<string, Shared>();

  of(world: World): Shared {
    const state = world.capture();
    const text = textOf(state);
    const before = this.#byText.get(text);
    if (before) return before;
    const shared = { id: this.#byText.size, state };
    this.#byText.set(text, shared);
    return shared;
  }
}

/**
 * Without the clock, which is compared apart, without what the history is made of, which nobody reads within the bounds
 * (no row comes to its tenth revision), and without the versions that an assistant has had: callers hear the last one
 * wherever traffic is not divided. Of the queue counts which messages are in it, as a task does no harm when it comes
 * twice.
 */
function textOf({ upstream, tasks, specs, clock: _clock, ...table }: WorldState): string {
  const { assistants, tools, numbers, allocations, versions, ids } = upstream;
  const heard = allocations.length > 0 ? versions : [];
  const vapi = [assistants, tools, numbers, allocations, heard].map(unordered);
  const contents = specs.map(([id, { payload, tools, savedAt }]) => [id, payload, tools, savedAt]);
  const messages = [...new Set(tasks.map(canonicalText))];
  return [...Object.values(table).map(unordered), ...vapi, unordered(contents), messages.toSorted().join(), ids].join(
    '\n',
  );
}

function unordered(entries: readonly unknown[]): string {
  return entries.map(canonicalText).toSorted().join();
}
