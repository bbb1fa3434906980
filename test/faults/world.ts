import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import type { Task } from '../../src/domain/task.ts';
import {
  MemoryAssistantOwners,
  MemoryMappingStore,
  MemorySpecStore,
  MemoryTaskQueue,
  MemoryToolStore,
} from '../support/memory-stores.ts';
import { type Ending, type Job, KEY } from './jobs.ts';
import { type Conduct, FIRST_SECRETS, perform, type Surroundings } from './perform.ts';
import { refill } from './refill.ts';
import { Upstream, type UpstreamState } from './upstream.ts';

export const LAMBDA_MS = 29_000;

/** Lets one thing happen after another in an order that a test chooses. */
export type Turn = (label: string) => Promise<void>;

/**
 * Ends one process at one of its effects: before it happens, after it, or with its reply lost and the effect still to
 * come.
 */
export interface Crash {
  at: number;
  when: 'before' | 'after';
}

export interface ProcessOptions {
  crash?: Crash;
  /** How far this environment's clock is ahead, in ms. */
  skewMs?: number;
  /** False: the process is not ended at its deadline, as if its clock had stood still. */
  mortal?: boolean;
  lambdaMs?: number;
  /** True: it has read the secrets before, and remembers them as they were when the world began. */
  remembers?: boolean;
}

/**
 * What a dead process throws at each of its steps; no error, as thousands of stacks that nobody reads take their time.
 */
class Crashed {
  readonly name = 'Crashed';
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

type Entries<Stored> = Stored extends Map<infer Key, infer Value> ? readonly (readonly [Key, Value])[] : never;

/** All that processes share, at one moment. Never changed once it is captured. */
export interface WorldState {
  readonly rows: Entries<MemoryMappingStore['rows']>;
  readonly records: Entries<MemoryMappingStore['records']>;
  readonly specs: Entries<MemorySpecStore['specs']>;
  readonly tools: Entries<MemoryToolStore['rows']>;
  readonly owners: Entries<MemoryAssistantOwners['owners']>;
  readonly tasks: readonly Task[];
  readonly secrets: readonly (readonly [string, string])[];
  readonly upstream: UpstreamState;
  /** Epoch ms. */
  readonly clock: number;
}

/** A table, Vapi accounts, secrets and a clock, in memory; processes act on them one effect at a time. */
export class World implements Surroundings {
  readonly mappings = new MemoryMappingStore();
  readonly specs = new MemorySpecStore();
  readonly tools = new MemoryToolStore();
  readonly owners = new MemoryAssistantOwners(this.mappings);
  readonly tasks = new MemoryTaskQueue();
  readonly secrets = new Map(FIRST_SECRETS);
  readonly upstream: Upstream;
  /** Labels of all effects so far, each with the name of its process. */
  readonly effects: string[] = [];
  #clock = Date.parse('2026-01-01T00:00:00.000Z');
  #ids = 0;
  readonly #turn: Turn;

  constructor(turn: Turn = async () => {}) {
    this.#turn = turn;
    this.upstream = new Upstream(() => this.#clock);
  }

  now(): number {
    return this.#clock;
  }

  /** Table, queue, secrets, Vapi and clock as they are now. */
  capture(): WorldState {
    return {
      rows: [...this.mappings.rows],
      records: [...this.mappings.records],
      specs: [...this.specs.specs].map(([id, spec]) => [id, { ...spec }] as const),
      tools: [...this.tools.rows],
      owners: [...this.owners.owners],
      tasks: [...this.tasks.tasks],
      secrets: [...this.secrets],
      upstream: this.upstream.capture(),
      clock: this.#clock,
    };
  }

  /** As it was then, at that time or another (epoch ms). */
  restore(state: WorldState, clock = state.clock): void {
    refill(this.mappings.rows, state.rows);
    refill(this.mappings.records, state.records);
    refill(
      this.specs.specs,
      state.specs.map(([id, spec]) => [id, { ...spec }] as const),
    );
    refill(this.tools.rows, state.tools);
    refill(this.owners.owners, state.owners);
    refill(this.secrets, state.secrets);
    this.tasks.tasks.splice(0, this.tasks.tasks.length, ...state.tasks);
    this.mappings.writes.length = 0;
    this.upstream.restore(state.upstream);
    this.#clock = clock;
  }

  pass(ms: number): void {
    this.#clock += ms;
  }

  /** An id that is the same in every run. */
  uniqueId(prefix: string): string {
    this.#ids += 1;
    return `${prefix}-${String(this.#ids).padStart(4, '0')}`;
  }

  /** Runs a job in a process of its own. Never rejects for a `Problem` or a crash; throws whatever else comes. */
  async run(job: Job, options: ProcessOptions = {}): Promise<Ending> {
    const { key = KEY } = job;
    if (job.kind === 'number') return await this.#configureNumber(key, job.id);
    if (job.kind === 'pin') return await this.#pin(key);
    return await this.act(options, (process) => perform(this, job, process));
  }

  /** Has a process of its own do something. A crash is an ending; whatever else comes is thrown. */
  async act(options: ProcessOptions, act: (process: Conduct) => Promise<Ending>): Promise<Ending> {
    try {
      return await act(new Process(this, options));
    } catch (error) {
      if (error instanceof Crashed) return 'crashed';
      throw error;
    }
  }

  async #pin({ orgId, role }: AssistantKey): Promise<Ending> {
    await this.#turn('the traffic is pinned');
    const assistantId = this.mappings.rows.get(`${orgId}/${role}`)?.assistantId;
    if (assistantId && this.upstream.stored.has(assistantId)) this.upstream.pin(assistantId);
    return 'configured';
  }

  async #configureNumber({ orgId }: AssistantKey, id: string | undefined): Promise<Ending> {
    await this.#turn('a number is configured');
    if (id) this.upstream.numbers.set(id, this.upstream.numbers.get(id) ?? { id, isTakenOtherwise: false });
    this.mappings.records.set(orgId, id ? { vapiPhoneNumberId: id } : {});
    return 'configured';
  }

  async turn(label: string): Promise<void> {
    await this.#turn(label);
  }

  async sleep(ms: number): Promise<void> {
    const wake = this.#clock + ms;
    await this.#turn('sleep');
    this.#clock = Math.max(this.#clock, wake);
  }
}

/** One Lambda environment that runs one job. */
class Process implements Conduct {
  readonly name: string;
  readonly #world: World;
  readonly #options: ProcessOptions;
  readonly #endsAt: number;
  #count = 0;
  #dead = false;

  constructor(world: World, options: ProcessOptions) {
    this.#world = world;
    this.#options = options;
    this.name = world.uniqueId('process');
    this.#endsAt = world.now() + (options.lambdaMs ?? LAMBDA_MS);
  }

  remainingMs(): number {
    return Math.max(0, this.#endsAt - this.#world.now());
  }

  now(): number {
    const { skewMs = 0 } = this.#options;
    return this.#world.now() + skewMs;
  }

  uniqueId(): string {
    return this.#world.uniqueId('token');
  }

  get remembers(): boolean {
    return this.#options.remembers === true;
  }

  async sleep(ms: number): Promise<void> {
    this.#assertAlive();
    await this.#world.sleep(ms);
    this.#assertAlive();
  }

  /** One effect: it is waited for, happens, and its reply is waited for; the process may die before or after. */
  async effect<T>(label: string, act: () => Promise<T>): Promise<T> {
    this.#assertAlive();
    await this.#world.turn(label);
    this.#assertAlive();
    this.#world.pass(label.startsWith('vapi') ? 40 : 5);
    const index = this.#count;
    this.#count += 1;
    this.#world.effects.push(label);
    if (this.#isCrash(index, 'before')) this.#die();
    const result = await act();
    if (this.#isCrash(index, 'after')) this.#die();
    await this.#world.turn(`${label}: reply`);
    this.#assertAlive();
    return result;
  }

  #isCrash(index: number, when: Crash['when']): boolean {
    const { crash } = this.#options;
    return crash?.at === index && crash.when === when;
  }

  #die(): never {
    this.#dead = true;
    throw new Crashed(`${this.name} died`);
  }

  #assertAlive(): void {
    const { mortal = true } = this.#options;
    if (this.#dead || (mortal && this.#world.now() > this.#endsAt)) this.#die();
  }
}
