import { ApiKey } from '../../../src/domain/account/api-key.ts';
import type { SecretName, SecretStore } from '../../../src/domain/account/credentials.ts';
import { makeListCache } from '../../../src/domain/account/list-cache.ts';
import type { Resource, VapiAccount } from '../../../src/domain/account/vapi-account.ts';
import type { AssistantKey, Role } from '../../../src/domain/configuration/assistant-key.ts';
import { ownership } from '../../../src/domain/configuration/configuration.ts';
import type { DriftDependencies, DriftLimits } from '../../../src/domain/drift/drift-dependencies.ts';
import type { Finding } from '../../../src/domain/drift/finding.ts';
import { requestedMode } from '../../../src/domain/drift/mode.ts';
import { performDriftTask } from '../../../src/domain/drift/perform-drift-task.ts';
import { startRun } from '../../../src/domain/drift/run/start-run.ts';
import type { DriftRun } from '../../../src/domain/drift/runs.ts';
import type { JournalEntry } from '../../../src/domain/journal.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { makePacer } from '../../../src/domain/long-work/paced-account.ts';
import { type AssistantMapping, NO_TOOLS, type ToolsState } from '../../../src/domain/mapping/assistant-mapping.ts';
import { performTask } from '../../../src/domain/sync/perform-task.ts';
import { isDriftTask, type Task, type TaskEnd } from '../../../src/domain/task.ts';
import { Upstream, type Verb } from '../../faults/upstream.ts';
import { MemoryFleetOf } from '../../support/memory-fleet.ts';
import {
  MemoryAssistantOwners,
  MemoryMappingStore,
  MemorySpecStore,
  MemoryToolStore,
} from '../../support/memory-stores.ts';

export const DEPLOYMENT = 'test';
export const PLATFORM = 'platform-key';
const BEGIN = Date.parse('2026-03-01T00:00:00.000Z');

/** Small, so that small fleets have several pages and windows. */
export const SMALL: DriftLimits = {
  pageSize: 3,
  windowPages: 2,
  parallelWindows: 2,
  batchSize: 2,
  callsPerSecond: 10,
  graceMs: 60 * 60_000,
  maxRemovals: 50,
  maxFailures: 3,
  takesPinsOff: false,
  ignored: [],
};

export interface Placed {
  key: AssistantKey;
  assistantId: string;
}

/** How tasks are delivered: in which order, whether twice, and after how many effects the worker dies. */
export interface Delivery {
  pick?: (waiting: number) => number;
  isRepeated?: () => boolean;
  /** Effects until the worker dies; undefined: it lives. */
  lifetime?: () => number | undefined;
  /** Tasks that are performed at a time, in turns. */
  width?: number;
}

class Killed extends Error {
  override readonly name = 'Killed';
}

/** A fleet in memory: a table, Vapi accounts, a queue and a clock, and a worker that can die at any effect. */
export class DriftWorld {
  readonly mappings = new MemoryMappingStore();
  readonly owners = new MemoryAssistantOwners(this.mappings);
  readonly specs = new MemorySpecStore();
  readonly tools = new MemoryToolStore();
  readonly runs: MemoryFleetOf['runs'];
  readonly secrets = new Map<string, string>([['platform', JSON.stringify({ apiKey: PLATFORM })]]);
  readonly upstream: Upstream;
  readonly journal: JournalEntry[] = [];
  readonly calls: Verb[] = [];
  readonly tasks: Task[] = [];
  readonly limits: DriftLimits;
  /** Called before each request; may throw, or change the world meanwhile. */
  onRequest: (verb: Verb, account: string) => Promise<void> = async () => {};
  /** Called when Vapi has answered and before the caller knows. */
  onReply: (verb: Verb, account: string) => Promise<void> = async () => {};
  /** Time that a task has, in ms. */
  taskMs = 30_000;
  clock = BEGIN;
  #fleet: MemoryFleetOf;
  #ids = 0;
  #effects = 0;
  /** Tasks that are being performed. */
  #active = 0;
  #effectsLeft = Number.POSITIVE_INFINITY;

  constructor(limits: Partial<DriftLimits> = {}) {
    this.limits = { ...SMALL, ...limits };
    this.#fleet = new MemoryFleetOf(this.mappings, this.specs);
    this.runs = this.#fleet.runs;
    this.upstream = new Upstream(() => this.clock);
  }

  /** A mapped assistant that is as it was applied. */
  place(orgId: string, options: { role?: Role; account?: string; at?: number; config?: JsonObject } = {}): Placed {
    const { role = 'inbound', account = PLATFORM, at = this.clock, config = {} } = options;
    const key = { orgId, role };
    const payload = { name: orgId, firstMessage: 'Hello!', ...config, metadata: ownership(key, DEPLOYMENT) };
    const live = this.put(account, payload, at);
    const specHash = `hash of ${orgId} ${role}`;
    const placedAt = new Date(at).toISOString();
    this.specs.specs.set(
      `${orgId}/${role}/${specHash}`,
      structuredClone({ specHash, payload, tools: [], savedAt: placedAt, firstSavedAt: placedAt, appliedBefore: [] }),
    );
    const row: AssistantMapping = {
      ...key,
      revision: 1,
      assistantId: live.id,
      assistantCreatedAt: placedAt,
      scope: account === PLATFORM ? 'platform' : 'org',
      vapiOrgId: account,
      keyFingerprint: ApiKey.clean(account)?.fingerprint ?? '',
      specHash,
      attempted: [],
      tools: NO_TOOLS,
      live: { state: 'current' },
      formerNumbers: [],
      retiring: [],
      createdAt: placedAt,
      updatedAt: placedAt,
    };
    this.mappings.rows.set(`${orgId}/${role}`, row);
    if (account !== PLATFORM) this.secrets.set(orgId, JSON.stringify({ apiKey: account }));
    return { key, assistantId: live.id };
  }

  /** An assistant at Vapi. */
  put(account: string, config: JsonObject, at = this.clock): Resource {
    const live = this.upstream.seed(account, config);
    const createdAt = new Date(at).toISOString();
    Object.assign(this.upstream.stored.get(live.id) ?? {}, { createdAt, existsFrom: at });
    return { ...live, createdAt };
  }

  row({ orgId, role }: AssistantKey): AssistantMapping | undefined {
    return this.mappings.rows.get(`${orgId}/${role}`);
  }

  /** Notes which tools an assistant has. */
  haveTools({ orgId, role }: AssistantKey, tools: ToolsState): void {
    const row = this.row({ orgId, role });
    if (row) this.mappings.rows.set(`${orgId}/${role}`, { ...row, tools });
  }

  live(assistantId: string): Resource | undefined {
    return this.upstream.stored.get(assistantId);
  }

  edit(assistantId: string, change: JsonObject): void {
    const live = this.live(assistantId);
    if (live) live.config = { ...live.config, ...change };
  }

  /** Runs one check to its end. */
  async run(
    mode: 'report' | 'heal' = 'report',
    delivery: Delivery = {},
  ): Promise<{ run: DriftRun; findings: Finding[] }> {
    this.calls.length = 0;
    const started = await startRun(this.dependencies, this.#call, { trigger: 'request', mode: requestedMode(mode) });
    await this.drain(delivery);
    const run = await this.runs.read(started.runId);
    if (!run) throw new Error('there is no run');
    return { run, findings: this.runs.findingsOf(started.runId) };
  }

  /** Does all that waits in the queue. */
  async drain({ width = 1, ...delivery }: Delivery = {}): Promise<void> {
    while (this.tasks.length > 0) await Promise.all(Array.from({ length: width }, () => this.#drain(delivery)));
  }

  /** Effects of the workers so far. */
  get effects(): number {
    return this.#effects;
  }

  async #drain({ pick = () => 0, isRepeated = () => false, lifetime = () => undefined }: Delivery): Promise<void> {
    for (let count = 0; this.tasks.length > 0; count += 1) {
      if (count > 20_000) throw new Error('the queue does not get empty');
      const [task] = this.tasks.splice(pick(this.tasks.length), 1);
      if (!task) continue;
      if (isRepeated()) this.tasks.push(structuredClone(task));
      this.#effectsLeft = lifetime() ?? Number.POSITIVE_INFINITY;
      this.#active += 1;
      const end = await this.#perform(task).catch((error: unknown) => {
        if (error instanceof Killed) return undefined;
        throw error;
      });
      this.#active -= 1;
      if (end?.kind === 'done') continue;
      this.#waitAfter(end);
      this.tasks.push(task);
    }
    this.#effectsLeft = Number.POSITIVE_INFINITY;
  }

  /** Nobody waits so long that another one who is at work would have been ended meanwhile. */
  #waitAfter(end: TaskEnd | undefined): void {
    if (this.#active === 0) this.clock += 1000 * (end?.kind === 'later' ? end.afterSeconds : 1);
  }

  async #perform(task: Task): Promise<TaskEnd> {
    if (isDriftTask(task)) {
      return await performDriftTask(this.dependencies, this.#call, task);
    }
    if (task.kind === 'rollout') return { kind: 'done', outcome: task.kind };
    if (task.kind === 'sync-tools') this.haveTools(task, NO_TOOLS);
    if (task.kind === 'reapply') return await performTask(this.dependencies, task, this.#call);
    return { kind: 'done', outcome: task.kind };
  }

  get #call() {
    const endsAt = this.clock + this.taskMs;
    return {
      deadline: { remainingMs: () => Math.max(0, endsAt - this.clock) },
      journal: { record: (entry: JournalEntry) => this.journal.push(entry) },
    };
  }

  get dependencies(): DriftDependencies {
    const runtime = {
      now: () => this.clock,
      sleep: async (ms: number) => {
        this.clock += ms;
      },
      random: () => 0.5,
      uniqueId: () => this.#uniqueId(),
    };
    const callerOf = (account: string) => ({
      effect: async <T>(label: string, act: () => Promise<T>) => {
        const verb = label.slice('vapi '.length) as Verb;
        this.calls.push(verb);
        await this.onRequest(verb, account);
        const reply = await act();
        await this.onReply(verb, account);
        return reply;
      },
      wait: runtime.sleep,
    });
    return {
      mappings: this.#mortal(this.mappings),
      specs: this.specs,
      history: this.specs,
      credentials: { secrets: this.#secretStore, platformKey: undefined },
      tools: this.#mortal(this.tools),
      owners: this.#mortal(this.owners),
      vapi: {
        open: (apiKey) => this.#mortalAccount(this.upstream.account(apiKey.reveal(), callerOf(apiKey.reveal()))),
      },
      runtime,
      deployment: DEPLOYMENT,
      knownOrganisationsOnly: false,
      voicePolicy: 'strict',
      driftIgnore: [],
      fleet: this.#mortal(this.#fleet.index),
      runs: this.#mortal(this.runs),
      units: this.#mortal(this.runs.units),
      findings: this.#mortal(this.runs.findings),
      strays: this.#mortal(this.runs.strays),
      tasks: this.#mortal({
        send: async (task: Task) => {
          this.tasks.push(structuredClone(task));
        },
      }),
      pacer: makePacer(runtime),
      numbers: makeListCache(),
      toolIds: makeListCache(),
      allocations: makeListCache(),
      limits: this.limits,
      mode: 'report',
    };
  }

  get #secretStore(): SecretStore {
    return {
      read: async (name: SecretName) => {
        const text = this.secrets.get(name.kind === 'platform' ? 'platform' : name.orgId);
        return text === undefined ? { kind: 'absent', cached: false } : { kind: 'found', text, cached: false };
      },
      forget: () => {},
      idOf: (name: SecretName) => name.kind,
    };
  }

  #uniqueId(): string {
    this.#ids += 1;
    return String(this.#ids).padStart(8, '0');
  }

  #mortalAccount(account: VapiAccount): VapiAccount {
    return {
      keyFingerprint: account.keyFingerprint,
      assistants: this.#mortal(account.assistants),
      tools: this.#mortal(account.tools),
      phoneNumbers: this.#mortal(account.phoneNumbers),
      traffic: this.#mortal(account.traffic),
      named: (kind) => this.#mortal(account).named(kind),
      whose: () => this.#mortal(account).whose(),
    };
  }

  /** The worker dies before one of its effects, and from then on has none. */
  #mortal<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name, object);
        if (typeof value !== 'function') return value;
        return (...parameters: unknown[]): unknown => {
          this.#effectsLeft -= 1;
          this.#effects += 1;
          if (this.#effectsLeft < 0) return Promise.reject(new Killed('the worker died'));
          return Reflect.apply(value, object, parameters);
        };
      },
    });
  }
}

/** Findings without what differs between attempts, by id. */
export function shortly(findings: readonly Finding[]): string[] {
  return findings.map(({ class: name, orgId, role, assistantId, cause }) =>
    [name, orgId, role, name === 'missing' || name === 'pending' ? undefined : assistantId, cause]
      .filter((part) => part !== undefined)
      .join(' '),
  );
}
