import type { Ending } from '../faults/jobs.ts';
import type { Conduct } from '../faults/perform.ts';
import { canonicalText } from './canonical.ts';
import type { Interner } from './interner.ts';

/** What a process knows of time whenever it goes on. */
export interface Moment {
  /** Epoch ms. */
  now: number;
  /** How much longer it may run. */
  remainingMs: number;
}

export type Reply = { kind: 'value'; value: unknown } | { kind: 'error'; error: Error };

/** What a process waits for: an effect that has not happened yet, the end of a pause, or its start. */
export interface Pending {
  /**
   * What is asked for, and how often it was asked for before: the same for the same effect, in whatever order it came
   * about.
   */
  id: string;
  /** The number of the id. */
  number: number;
  label: string;
  act: () => Promise<unknown>;
}

interface Entry {
  /** Of the effect. */
  number: number;
  reply: Reply;
  moment: Moment;
}

/** What a process does, from its first effect on. It must depend on nothing but what comes through its conduct. */
export type Behaviour = (conduct: Conduct) => Promise<Ending>;

export const START = 'start';
export const SLEEP = 'sleep';
export const SECRET = 'secret read';
/** A poll that sees what the one before it saw leads back to where the process was. */
const POLL = 'table read';

interface Made {
  run: Run;
  history: readonly number[];
  hasActed: boolean;
  parent?: Position;
  entry?: Entry;
  lastPoll?: number;
}

/**
 * Where a process stands: all the replies that it has had. Processes are deterministic, so that two with the same
 * history go on alike, and one that is needed twice is made again by giving it the same replies. Effects that a process
 * asks for at once it also waits for together: the order of their replies does not matter to it, which is checked
 * wherever two orders meet.
 */
export class Position {
  readonly id: number;
  /** The replies, each by its number, in no order. */
  readonly history: readonly number[];
  /** False as long as it has only started and read its key. */
  readonly hasActed: boolean;
  readonly pending: readonly Pending[];
  /** How the process has ended, if it has. */
  readonly ending: Ending | undefined;
  readonly #tree: PositionTree;
  readonly #parent: Position | undefined;
  readonly #entry: Entry | undefined;
  readonly #children = new Map<number, Position>();
  readonly #lastPoll: number | undefined;
  #run: Run | undefined;

  constructor(tree: PositionTree, made: Made) {
    this.#tree = tree;
    this.id = tree.nextId();
    this.history = made.history;
    this.hasActed = made.hasActed;
    this.#run = made.run;
    this.#parent = made.parent;
    this.#entry = made.entry;
    this.#lastPoll = made.lastPoll;
    this.pending = made.run.waiting();
    this.ending = made.run.ending;
  }

  get isSleeping(): boolean {
    return this.pending.length === 1 && this.pending[0]?.label === SLEEP;
  }

  /** Where the process is after one more reply. */
  async after(entry: Entry): Promise<Position> {
    const { interner } = this.#tree;
    const { now, remainingMs } = entry.moment;
    const content = contentOf(entry.reply, interner);
    const number = interner.numberOf(`reply ${entry.number} ${now} ${remainingMs} ${content}`);
    const before = this.#children.get(number);
    if (before) return before;
    const label = this.pending.find((pending) => pending.number === entry.number)?.label;
    // Several runs may be given the same reply.
    if (entry.reply.kind === 'value') freeze(entry.reply.value);
    const run = await this.#takeRun();
    await run.go(entry);
    const lastPoll = label === POLL ? content : this.#lastPoll;
    const history = [...this.history, number].toSorted((a, b) => a - b);
    const hasActed = this.hasActed || (label !== START && label !== SECRET);
    const made = { run, history, hasActed, parent: this, entry, ...(lastPoll === undefined ? {} : { lastPoll }) };
    const next = this.#tree.merged(new Position(this.#tree, made));
    const child = label === POLL ? this.#orSamePause(next, content) : next;
    this.#children.set(number, child);
    return child;
  }

  /** A process that slept, looked, saw the same and sleeps again is where it was: only its patience has grown. */
  #orSamePause(next: Position, seen: number): Position {
    const before = this.#parent;
    const wasPause = before?.isSleeping && this.#entry?.number === before.pending[0]?.number;
    return before && wasPause && next.isSleeping && before.#lastPoll === seen ? before : next;
  }

  async #takeRun(): Promise<Run> {
    const run = this.#run;
    this.#run = undefined;
    return run ?? (await this.#tree.replay(this.#entries()));
  }

  #entries(): Entry[] {
    const entries: Entry[] = [];
    let at: Position | undefined = this;
    while (at) {
      if (at.#entry) entries.push(at.#entry);
      at = at.#parent;
    }
    return entries.toReversed();
  }
}

/** All positions that one process has been seen in. */
export class PositionTree {
  readonly root: Position;
  readonly interner: Interner;
  readonly #name: string;
  readonly #behaviour: Behaviour;
  readonly #positions = new Map<string, Position>();
  #ids = 0;
  /** How often a process was made to run from its start. */
  runs = 0;

  constructor(interner: Interner, name: string, behaviour: Behaviour) {
    this.interner = interner;
    this.#name = name;
    this.#behaviour = behaviour;
    this.root = new Position(this, { run: this.#newRun(), history: [], hasActed: false });
  }

  /** The position that was reached first by the same replies. Throws when the process goes on otherwise from there. */
  merged(next: Position): Position {
    const key = next.history.join();
    const before = this.#positions.get(key) ?? next;
    this.#positions.set(key, before);
    if (waitsFor(before) !== waitsFor(next)) throw new Error(`${this.#name} depends on the order of its replies`);
    return before;
  }

  nextId(): number {
    this.#ids += 1;
    return this.#ids;
  }

  async replay(entries: readonly Entry[]): Promise<Run> {
    const run = this.#newRun();
    for (const entry of entries) await run.go(entry);
    return run;
  }

  #newRun(): Run {
    this.runs += 1;
    return new Run(this.interner, this.#name, this.#behaviour);
  }
}

function waitsFor({ pending, ending }: Position): string {
  return (
    ending ??
    pending
      .map(({ id }) => id)
      .toSorted()
      .join('\n')
  );
}

interface Waiting extends Pending {
  settle: (reply: Reply) => void;
}

/** One run of a process, which goes on only when it is given a reply. */
class Run implements Conduct {
  readonly name: string;
  readonly remembers = false;
  ending: Ending | undefined;
  readonly #interner: Interner;
  readonly #behaviour: Behaviour;
  readonly #waiting = new Map<number, Waiting>();
  readonly #asked = new Map<string, number>();
  #moment: Moment = { now: 0, remainingMs: 0 };
  #ids = 0;

  constructor(interner: Interner, name: string, behaviour: Behaviour) {
    this.#interner = interner;
    this.name = name;
    this.#behaviour = behaviour;
    this.#ask(START, async () => undefined).then(
      () => this.#start(),
      () => {},
    );
  }

  waiting(): readonly Pending[] {
    return [...this.#waiting.values()].map(({ settle: _settle, ...pending }) => pending);
  }

  /** Gives one reply, and lets the process run until it waits for the next. */
  async go({ number, reply, moment }: Entry): Promise<void> {
    const waiting = this.#waiting.get(number);
    if (!waiting) throw new Error(`${this.name} does not wait for effect ${number}: it is not deterministic`);
    this.#waiting.delete(number);
    this.#moment = moment;
    waiting.settle(reply);
    await allMicrotasks();
  }

  effect<T>(label: string, act: () => Promise<T>, about?: unknown): Promise<T>;
  effect(label: string, act: () => Promise<unknown>, about?: unknown): Promise<unknown> {
    return this.#ask(label, act, about);
  }

  async sleep(_ms: number): Promise<void> {
    await this.#ask(SLEEP, async () => undefined);
  }

  now(): number {
    return this.#moment.now;
  }

  remainingMs(): number {
    return this.#moment.remainingMs;
  }

  uniqueId(): string {
    this.#ids += 1;
    return `${this.name}-${this.#ids}`;
  }

  #ask(label: string, act: () => Promise<unknown>, about?: unknown): Promise<unknown> {
    const asked = `${label} ${canonicalText(about)}`;
    const times = (this.#asked.get(asked) ?? 0) + 1;
    this.#asked.set(asked, times);
    const id = `${asked} ${times}`;
    const number = this.#interner.numberOf(`effect ${id}`);
    return new Promise((resolve, reject) => {
      const settle = (reply: Reply) => (reply.kind === 'value' ? resolve(reply.value) : reject(reply.error));
      this.#waiting.set(number, { id, number, label, act, settle });
    });
  }

  async #start(): Promise<void> {
    try {
      this.ending = await this.#behaviour(this);
    } catch (error) {
      this.ending = `threw ${String(error)}`;
    }
  }
}

/** Every promise that can be settled is; nothing that a process does between two effects waits for anything else. */
async function allMicrotasks(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

const contents = new WeakMap<Reply, number>();

/** The number of what is in a reply. */
function contentOf(reply: Reply, interner: Interner): number {
  const before = contents.get(reply);
  if (before !== undefined) return before;
  const text = reply.kind === 'value' ? canonicalText(reply.value) : `error ${reply.error.message}`;
  const number = interner.numberOf(`content ${text}`);
  contents.set(reply, number);
  return number;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || Error.isError(value)) return;
  Object.values(Object.freeze(value)).forEach(freeze);
}
