import { type ProcessJob, perform } from '../faults/perform.ts';
import { LAMBDA_MS, type World } from '../faults/world.ts';
import { textOfJob, wrongAfterwards } from './aftermath.ts';
import { Frontier } from './frontier.ts';
import { Interner } from './interner.ts';
import { type Board, makeMove } from './make-move.ts';
import { type JumpKind, type Move, movesOf } from './moves.ts';
import { PositionTree, type Reply } from './position.ts';
import { brokenBy, isRemovedNow, nameOf, type Rules, trueNow } from './properties.ts';
import { type Budget, isAlive, keyOf, SharedStates, type State } from './state.ts';
import { waitingMoves } from './waiting.ts';

/** One world, what is asked in it at once, and what may go wrong meanwhile. */
export interface Case {
  name: string;
  world: World;
  jobs: readonly ProcessJob[];
  /** Callers of before who have not got an answer yet: they ask once more, too. */
  unanswered: readonly ProcessJob[];
  budget: Budget;
  jumps: JumpKind;
  foreign: readonly string[];
}

export interface Options {
  /**
   * `shortest`: the fewest faults, then the fewest changes from one process to another, then the fewest steps come
   * first.
   */
  order: 'depth' | 'shortest';
  /** Stops at the first violation. */
  stopAtFirst: boolean;
  /** Violations that neither stop it nor count. */
  isKnown?: (what: string) => boolean;
  /** Stops after so many states; the report says that it is not complete then. */
  maxStates?: number;
}

export interface Step {
  move: Move;
  reply: Reply | undefined;
  before: Step | undefined;
  /** What is known of time then, in epoch ms. */
  clock: number;
}

export interface Violation {
  what: string;
  trail: readonly Step[];
}

export interface Report {
  name: string;
  states: number;
  /** Moves that were made, from each state each that is possible. */
  moves: number;
  /** States in which nobody acts any more. */
  ends: number;
  /** How often a process was run from its start. */
  runs: number;
  violations: readonly Violation[];
  isComplete: boolean;
  ms: number;
}

interface Visited {
  state: State;
  via: Step | undefined;
  /** The process that has acted last, and how often another one did than before. */
  last: number | undefined;
  switches: number;
  depth: number;
  /** What the move has broken that led here: then nothing follows from it. */
  broken: readonly string[];
}

interface Reached {
  key: string;
}

/** Visits every state that can be reached, each once, and holds every move to the properties. */
export async function explore(given: Case, options: Options): Promise<Report> {
  return await new Exploration(given, options).run();
}

/** Of one kind of violation, so many are kept. */
const KEPT = 3;

class Exploration {
  readonly #given: Case;
  readonly #options: Options;
  readonly #rules: Rules;
  readonly #board: Board;
  readonly #trees: readonly PositionTree[];
  /** What it has cost to reach each state. */
  readonly #seen = new Map<string, number>();
  readonly #frontier: Frontier<Visited & Reached>;
  readonly #violations: Violation[] = [];
  readonly #aftermaths = new Map<string, readonly string[]>();
  #moves = 0;
  #ends = 0;

  constructor(given: Case, options: Options) {
    this.#given = given;
    this.#options = options;
    this.#board = { world: given.world, shared: new SharedStates() };
    const { jobs, foreign, jumps, budget, world } = given;
    const mayOutlive = budget.jumps > 0 && jumps === 'frozen';
    this.#rules = { jobs, foreign, mayOutlive, losses: budget.losses };
    const interner = new Interner();
    this.#trees = jobs.map((job, index) => {
      return new PositionTree(interner, nameOf(index), (conduct) => perform(world, job, conduct));
    });
    this.#frontier = new Frontier(options.order);
  }

  async run(): Promise<Report> {
    const started = performance.now();
    this.#visit({ state: this.#first(), via: undefined, last: undefined, switches: 0, depth: 0, broken: [] });
    let isComplete = true;
    for (let next = this.#frontier.take(); next; next = this.#frontier.take()) {
      if (next.broken.length > 0) this.#reportAll(next);
      else if (this.#isBest(next)) await this.#expand(next);
      isComplete = !this.#isEnough();
      if (!isComplete) break;
    }
    return {
      name: this.#given.name,
      states: this.#seen.size,
      moves: this.#moves,
      ends: this.#ends,
      runs: this.#trees.reduce((sum, { runs }) => sum + runs, 0),
      violations: this.#violations,
      isComplete,
      ms: Math.round(performance.now() - started),
    };
  }

  /** It may have been reached for less since. */
  #isBest(next: Visited & Reached): boolean {
    return this.#options.order === 'depth' || this.#seen.get(next.key) === this.#costOf(next);
  }

  #first(): State {
    const { world, budget } = this.#given;
    const clock = world.now();
    const state = {
      shared: this.#board.shared.of(world),
      clock,
      processes: this.#trees.map(({ root }) => ({ position: root, endsAt: clock + LAMBDA_MS, isDead: false })),
      inFlight: [],
      budget,
      trueSince: 0,
      isRemoved: false,
    };
    return { ...state, trueSince: trueNow(this.#rules, state, state) };
  }

  #isEnough(): boolean {
    const { stopAtFirst, isKnown = () => false, maxStates = Number.POSITIVE_INFINITY } = this.#options;
    const isFound = this.#violations.some(({ what }) => !isKnown(what));
    return (stopAtFirst && isFound) || this.#seen.size >= maxStates;
  }

  async #expand(visited: Visited): Promise<void> {
    const { state } = visited;
    if (!state.processes.some(isAlive)) await this.#end(visited);
    const waiting = await waitingMoves(this.#board, state);
    for (const move of [...movesOf(state, this.#given.jumps), ...waiting]) await this.#follow(visited, move);
  }

  async #follow(visited: Visited, move: Move): Promise<void> {
    const { state: before } = visited;
    this.#moves += 1;
    const { state, reply } = await makeMove(this.#board, before, move);
    const trueSince = before.trueSince | trueNow(this.#rules, before, state);
    const isRemoved = isRemovedNow(this.#rules, { before, move, after: state });
    const after = { ...state, trueSince, isRemoved };
    const via = { move, reply, before: visited.via, clock: after.clock };
    const broken = brokenBy(this.#rules, { before, move, after });
    const process = processOf(move) ?? visited.last;
    const isSwitch = visited.last !== undefined && process !== visited.last;
    const switches = visited.switches + (isSwitch ? 1 : 0);
    const next = { state: after, via, last: process, switches, depth: visited.depth + 1, broken };
    if (broken.length === 0) this.#visit(next);
    // The cheapest way is told first, whatever was found before it.
    else if (this.#options.order === 'shortest') this.#frontier.put({ ...next, key: '' }, this.#costOf(next));
    else this.#reportAll(next);
  }

  #visit(visited: Visited): void {
    const { state, last } = visited;
    const isCounted = this.#options.order === 'shortest';
    const cost = isCounted ? this.#costOf(visited) : 0;
    const key = isCounted ? `${keyOf(state)} ${last}` : keyOf(state);
    const before = this.#seen.get(key);
    if (before !== undefined && before <= cost) return;
    this.#seen.set(key, cost);
    this.#frontier.put({ ...visited, key }, cost);
  }

  #costOf({ state, switches, depth }: Visited): number {
    return this.#faults(state) * 1_000_000 + switches * 1_000 + depth;
  }

  #reportAll({ broken, via }: Visited): void {
    for (const what of broken) this.#report(what, via);
  }

  #faults({ budget }: State): number {
    const sum = ({ crashes, losses, jumps }: Budget) => crashes + losses + jumps;
    return sum(this.#given.budget) - sum(budget);
  }

  async #end({ state, via }: Visited): Promise<void> {
    this.#ends += 1;
    const key = `${state.shared.id} ${state.clock}`;
    const known = this.#aftermaths.get(key);
    const found = known ?? (await wrongAfterwards(this.#board.world, state, this.#given));
    this.#aftermaths.set(key, found);
    // The same state was reached before: it is reported once.
    if (!known) for (const what of found) this.#report(what, via);
  }

  #report(what: string, via: Step | undefined): void {
    if (this.#violations.filter((other) => other.what === what).length >= KEPT) return;
    const trail: Step[] = [];
    for (let step = via; step; step = step.before) trail.push(step);
    this.#violations.push({ what, trail: trail.toReversed() });
  }
}

function processOf(move: Move): number | undefined {
  return move.kind === 'step' || move.kind === 'crash' ? move.process : undefined;
}

/** As it is written in reports. */
export function nameOfCase(past: string, jobs: readonly ProcessJob[]): string {
  return `${jobs.map(textOfJob).join(' ∥ ')}, from "${past}"`;
}
