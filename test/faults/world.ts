import type { ApiKey } from '../../src/domain/account/api-key.ts';
import type { SecretLookup, SecretName } from '../../src/domain/account/credentials.ts';
import type { AssistantKey, Role } from '../../src/domain/configuration/assistant-key.ts';
import { parseAssistantRequest } from '../../src/domain/configuration/assistant-request.ts';
import { type DesiredAssistant, desireAssistant } from '../../src/domain/configuration/configuration.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Operation, SyncDependencies } from '../../src/domain/operation.ts';
import { Problem } from '../../src/domain/problem.ts';
import { importAssistant } from '../../src/domain/sync/import-assistant.ts';
import { reapplyAssistant } from '../../src/domain/sync/reapply-assistant.ts';
import { removeAssistant } from '../../src/domain/sync/remove-assistant.ts';
import { syncAssistant } from '../../src/domain/sync/sync-assistant.ts';
import { RULES } from '../support/configurations.ts';
import {
  MemoryAssistantOwners,
  MemoryMappingStore,
  MemorySpecStore,
  MemoryTaskQueue,
  MemoryToolStore,
} from '../support/memory-stores.ts';
import { type Caller, Upstream } from './upstream.ts';

export const KEY: AssistantKey = { orgId: 'acme', role: 'inbound' };
/** Another organisation, which shares the platform's account and its tools. */
export const OTHER: AssistantKey = { orgId: 'globex', role: 'inbound' };
export const DEPLOYMENT = 'test';
export const LAMBDA_MS = 29_000;

/**
 * What a process is asked to do: make the assistant so, remove it, map one that is there, or do what was left to the worker.
 * `number` and `pin` are no processes: somebody configures another number, or none; somebody pins the traffic at Vapi.
 */
export type Job = (
  | {
      kind: 'ensure';
      spec: string;
      /** Only while the row has it. */
      revision?: number;
      /** Callers are to hear it, whatever was pinned. */
      follow?: boolean;
    }
  | { kind: 'remove' }
  | { kind: 'import'; assistantId: string }
  | { kind: 'number'; id?: string }
  | { kind: 'pin' }
  | { kind: 'work' }
) & {
  /** Of which organisation; the first unless told. */
  key?: AssistantKey;
};

/** How a job ended: its outcome, the code of its problem, or `crashed`. */
export type Ending = string;

/** Lets one thing happen after another in an order that a test chooses. */
export type Turn = (label: string) => Promise<void>;

/** One effect of a process on something outside of it. */
export type Effect = <T>(label: string, act: () => Promise<T>) => Promise<T>;

/** Ends one process at one of its effects: before it happens, after it, or with its reply lost and the effect still to come. */
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

/** What a dead process throws at each of its steps; no error, as thousands of stacks that nobody reads take their time. */
class Crashed {
  readonly name = 'Crashed';
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** The secrets of a new world: the organisation has none. */
const FIRST_SECRETS: ReadonlyMap<string, string> = new Map([['platform', '{"apiKey":"platform-key"}']]);

function secretId(name: SecretName): string {
  return name.kind === 'platform' ? 'platform' : name.orgId;
}

/** A table, Vapi accounts, secrets and a clock, in memory; processes act on them one effect at a time. */
export class World {
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
    return await this.act(key, options, (operation) => perform(operation, job));
  }

  /** Does something in a process of its own. Never rejects for a `Problem` or a crash; throws whatever else comes. */
  async act(
    key: AssistantKey,
    options: ProcessOptions,
    perform: (operation: Operation, effect: Effect) => Promise<Ending>,
  ): Promise<Ending> {
    const process = new Process(this, options);
    const operation: Operation = {
      ...process.dependencies,
      id: process.name,
      key,
      by: { kind: 'local', id: process.name },
      deadline: process.deadline,
      journal: { record: () => {} },
    };
    try {
      return await perform(operation, (label, act) => process.effect(label, act));
    } catch (error) {
      if (error instanceof Crashed) return 'crashed';
      if (error instanceof Problem) return error.code;
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

/** The tools of a configuration: what follows a plus in its name, one letter each. */
export function toolsOf(spec: string): JsonObject[] {
  return [...(spec.split('+')[1] ?? '')].map((letter) => ({ type: 'function', function: { name: letter } }));
}

/** A configuration named by one word; each declares another set of fields. Letters after a plus are its tools. */
export function desired(spec: string, key: AssistantKey = KEY): DesiredAssistant {
  const id = `${key.orgId}/${key.role}/${spec}`;
  const known = DESIRED.get(id) ?? frozen(desiredAnew(spec, key));
  DESIRED.set(id, known);
  return known;
}

/** Tens of thousands of worlds ask for the same few: each is reckoned once, and nobody can change it. */
const DESIRED = new Map<string, DesiredAssistant>();

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

/** The body of a PUT that asks for it. */
export function bodyOf(spec: string): JsonObject {
  return {
    name: spec,
    [spec.startsWith('a') ? 'endCallMessage' : 'voicemailMessage']: spec,
    model: { provider: 'openai', model: 'gpt-4o', messages: [{ role: 'system', content: spec }] },
    tools: toolsOf(spec),
  };
}

function desiredAnew(spec: string, key: AssistantKey): DesiredAssistant {
  return desireAssistant(parseAssistantRequest(bodyOf(spec), RULES), key, DEPLOYMENT);
}

async function perform(operation: Operation, job: Exclude<Job, { kind: 'number' | 'pin' }>): Promise<Ending> {
  if (job.kind === 'work') return await work(operation);
  if (job.kind === 'remove') return await removeAssistant(operation);
  if (job.kind === 'import') {
    return (await importAssistant(operation, { assistantId: job.assistantId, observeOnly: false })).kind;
  }
  const { spec, revision, follow } = job;
  const expected = revision === undefined ? {} : { revision };
  const traffic = follow ? ('follow-latest' as const) : undefined;
  return (await syncAssistant(operation, { desired: desired(spec, operation.key), expected, traffic })).outcome;
}

async function work(operation: Operation): Promise<Ending> {
  const end = await reapplyAssistant(operation);
  return end.kind === 'done' ? end.outcome : `LATER_${end.reason}`;
}

/** One Lambda environment that runs one job. */
class Process {
  readonly name: string;
  readonly #world: World;
  readonly #options: ProcessOptions;
  readonly #endsAt: number;
  #count = 0;
  readonly #forgotten = new Set<string>();
  #dead = false;

  constructor(world: World, options: ProcessOptions) {
    this.#world = world;
    this.#options = options;
    this.name = world.uniqueId('process');
    this.#endsAt = world.now() + (options.lambdaMs ?? LAMBDA_MS);
  }

  get deadline() {
    return { remainingMs: () => Math.max(0, this.#endsAt - this.#world.now()) };
  }

  get dependencies(): SyncDependencies {
    const world = this.#world;
    const { skewMs = 0 } = this.#options;
    return {
      mappings: {
        read: (orgId) => this.effect('table read', () => world.mappings.read(orgId)),
        write: (write) => this.effect(`table ${write.transition}`, () => world.mappings.write(write)),
      },
      specs: {
        save: (key, spec) => this.effect('table save-spec', () => world.specs.save(key, spec)),
        load: (key, hash) => this.effect('table load-spec', () => world.specs.load(key, hash)),
        removeAll: (key) => this.effect('table remove-specs', () => world.specs.removeAll(key)),
      },
      tools: {
        read: (scope, hash) => this.effect('table read-tool', () => world.tools.read(scope, hash)),
        list: (scope) => this.effect('table list-tools', () => world.tools.list(scope)),
        write: (write) => this.effect(`table ${write.transition}-tool`, () => world.tools.write(write)),
      },
      owners: {
        ownersOf: (assistant, _account) => this.effect('table owners-of', () => world.owners.ownersOf(assistant)),
        own: (id, owner, from) => this.effect('table own', () => world.owners.own(id, owner, from)),
      },
      tasks: { send: (task) => this.effect('queue send', () => world.tasks.send(task)) },
      history: {
        noteApplied: (key, applied) => this.effect('table note-applied', () => world.specs.noteApplied(key, applied)),
        list: (key) => this.effect('table list-specs', () => world.specs.list(key)),
        remove: (key, specs) => this.effect('table remove-spec', () => world.specs.remove(key, specs)),
      },
      credentials: {
        secrets: {
          read: (name) => this.effect('secret read', async () => this.#lookUp(name)),
          forget: (name) => this.#forgotten.add(secretId(name)),
          idOf: secretId,
        },
        platformKey: undefined,
      },
      vapi: {
        open: (apiKey: ApiKey) => world.upstream.account(apiKey.reveal(), this.#caller),
      },
      runtime: {
        now: () => world.now() + skewMs,
        sleep: (ms) => this.#sleep(ms),
        random: () => 0.5,
        uniqueId: () => world.uniqueId('token'),
      },
      deployment: DEPLOYMENT,
      knownOrganisationsOnly: false,
      voicePolicy: 'strict',
      driftIgnore: [],
    };
  }

  get #caller(): Caller {
    return { effect: (label, act) => this.effect(label, act), wait: (ms) => this.#sleep(ms) };
  }

  #lookUp(name: SecretName): SecretLookup {
    const id = secretId(name);
    const cached = this.#options.remembers === true && !this.#forgotten.has(id);
    const text = (cached ? FIRST_SECRETS : this.#world.secrets).get(id);
    return text === undefined ? { kind: 'absent', cached } : { kind: 'found', text, cached };
  }

  async #sleep(ms: number): Promise<void> {
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

export type { Role };
