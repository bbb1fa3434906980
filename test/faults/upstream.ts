import { ApiKey } from '../../src/domain/account/api-key.ts';
import type {
  ListQuery,
  LivePhoneNumber,
  Resource,
  TrafficAllocation,
  VapiAccount,
  VapiCollection,
  VapiPhoneNumbers,
  VapiTraffic,
} from '../../src/domain/account/vapi-account.ts';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { Problem } from '../../src/domain/problem.ts';
import { copyOf } from '../support/copy-of.ts';
import { refill } from './refill.ts';

/** One way for a request to go; `late` takes effect only after the caller has given up. */
export type Verdict = 'ok' | 'error-before' | 'error-after' | 'late' | 'slow' | 'refused' | 'not-sent';

export const VERDICTS: Readonly<Record<Verb, readonly Verdict[]>> = {
  GET: ['error-before', 'slow'],
  LIST: ['error-before', 'slow'],
  POST: ['error-before', 'error-after', 'late', 'slow', 'refused', 'not-sent'],
  PATCH: ['error-before', 'error-after', 'late', 'slow', 'refused'],
  DELETE: ['error-before', 'error-after', 'slow'],
};

export type Verb = 'GET' | 'LIST' | 'POST' | 'PATCH' | 'DELETE';

/** How the process that calls sees its effects happen. */
export interface Caller {
  /** `about`: what the request is given, as data. */
  effect<T>(label: string, act: () => Promise<T>, about: unknown): Promise<T>;
  wait(ms: number): Promise<void>;
}

interface Existing {
  /** Epoch ms from which GET and PATCH see it: a late request takes effect after its caller has gone. */
  existsFrom: number;
}

type Stored = Resource & Existing;

/** One kind of resource: how requests for it are named, where it is kept, and who counts its POSTs. */
interface Shelf {
  resource: string;
  stored: Map<string, Stored>;
  existing: (account: string) => Stored[];
  count: () => void;
}

interface Allocation {
  id: string;
  assistantId: string;
  /** From 1; undefined: the newest. */
  version: number | undefined;
}

interface NewResource {
  vapiOrgId: string;
  config: JsonObject;
  delayMs?: number;
}

interface Posting<T> {
  about: unknown;
  resource: string;
  count: () => void;
  insert: (delayMs: number) => T;
}

/**
 * A request that hangs, and how late the effect of a lost one may come. Both shorter than what the protocol allows for.
 */
const SLOW_MS = 12_000;
const LATE_MS = 20_000;

const UNAVAILABLE = () => new Problem('VAPI_UNAVAILABLE', 'planted');
const CONFLICT = () => new Problem('VAPI_CONFLICT', 'planted', { withoutEffect: true });
const REJECTED = () => new Problem('VAPI_REJECTED', 'planted', { withoutEffect: true });

/** All that an `Upstream` holds, at one moment. Never changed once it is captured. */
export interface UpstreamState {
  readonly assistants: readonly Stored[];
  readonly tools: readonly Stored[];
  readonly numbers: readonly LivePhoneNumber[];
  readonly allocations: readonly Allocation[];
  readonly versions: readonly (readonly [string, JsonObject[]])[];
  readonly ids: number;
}

/** Vapi accounts in memory, at the level of the domain's interface; misbehaves as told. */
export class Upstream {
  readonly stored = new Map<string, Stored>();
  readonly storedTools = new Map<string, Stored>();
  /** Phone numbers of all accounts, by id. */
  readonly numbers = new Map<string, LivePhoneNumber>();
  /** How long a new assistant is missing in lists, in ms. */
  listLagMs = 0;
  /** True where traffic can be divided among versions. */
  hasTraffic = false;
  /** Oldest first; without a version the newest one answers. */
  readonly allocations: Allocation[] = [];
  /** The configurations that an assistant has had, oldest first. */
  readonly versions = new Map<string, JsonObject[]>();
  posts = 0;
  toolPosts = 0;
  /** Chooses how each request goes. */
  verdict: (verb: Verb, request: string) => Verdict = () => 'ok';
  readonly #now: () => number;
  readonly #assistantShelf: Shelf = {
    resource: '',
    stored: this.stored,
    existing: (account) => this.assistants(account),
    count: () => {
      this.posts += 1;
    },
  };
  readonly #toolShelf: Shelf = {
    resource: ' tool',
    stored: this.storedTools,
    existing: (account) => this.existingTools(account),
    count: () => {
      this.toolPosts += 1;
    },
  };
  #ids = 0;
  #late: { at: number; act: () => unknown }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What there is now. Throws while a lost request is still to arrive: that is no state of Vapi. */
  capture(): UpstreamState {
    if (this.#late.length > 0) throw new Error('a request is still to arrive');
    return {
      assistants: [...this.stored.values()].map((one) => ({ ...one })),
      tools: [...this.storedTools.values()].map((one) => ({ ...one })),
      numbers: [...this.numbers.values()],
      allocations: [...this.allocations],
      versions: [...this.versions],
      ids: this.#ids,
    };
  }

  restore(state: UpstreamState): void {
    refill(this.stored, state.assistants.map(copied));
    refill(this.storedTools, state.tools.map(copied));
    refill(
      this.numbers,
      state.numbers.map((one) => [one.id, one] as const),
    );
    refill(this.versions, state.versions);
    this.allocations.splice(0, this.allocations.length, ...state.allocations);
    this.#ids = state.ids;
    this.#late = [];
  }

  /** What exists in an account, or in all. */
  assistants(account?: string): Stored[] {
    this.#landLate();
    const now = this.#now();
    return [...this.stored.values()].filter(
      ({ vapiOrgId, existsFrom }) => existsFrom <= now && (account === undefined || vapiOrgId === account),
    );
  }

  /** The tools that exist in an account, or in all. */
  existingTools(account?: string): Stored[] {
    const now = this.#now();
    return [...this.storedTools.values()].filter(
      ({ vapiOrgId, existsFrom }) => existsFrom <= now && (account === undefined || vapiOrgId === account),
    );
  }

  seed(account: string, config: JsonObject): Resource {
    return this.#insert(this.stored, { vapiOrgId: account, config });
  }

  seedTool(account: string, config: JsonObject): Resource {
    return this.#insert(this.storedTools, { vapiOrgId: account, config });
  }

  account(key: string, caller: Caller): VapiAccount {
    return {
      keyFingerprint: ApiKey.clean(key)?.fingerprint ?? '',
      assistants: this.#collection(key, caller, this.#assistantShelf),
      tools: this.#collection(key, caller, this.#toolShelf),
      phoneNumbers: this.#phoneNumbers(caller),
      traffic: this.#traffic(caller),
      named: async () => [],
      whose: () =>
        this.#call(caller, {
          verb: 'LIST',
          about: [key, 'whose'],
          act: () => [...this.assistants(key), ...this.existingTools(key)][0]?.vapiOrgId,
        }),
    };
  }

  #collection(key: string, caller: Caller, { resource, stored, existing, count }: Shelf): VapiCollection {
    const call = <T>(verb: Verb, about: unknown, act: () => T): Promise<T> =>
      this.#call(caller, { verb, act, resource, about: [key, about] });
    const find = (id: string) => existing(key).find((candidate) => candidate.id === id);
    return {
      get: (id) =>
        call('GET', id, () => {
          const found = find(id);
          return found ? { kind: 'found', resource: copy(found) } : { kind: 'missing' };
        }),
      create: async (payload) => {
        const insert = (delayMs: number) => this.#insert(stored, { vapiOrgId: key, config: payload, delayMs });
        const made = await this.#post(caller, { about: [key, payload], resource, count, insert });
        return made ? { kind: 'created', resource: copy(made) } : { kind: 'unknown', cause: new Error('planted') };
      },
      update: (id, patch) =>
        call('PATCH', [id, patch], () => {
          const found = find(id);
          if (!found) return { kind: 'missing' };
          found.config = patched(found.config, patch);
          this.#publish(found);
          return { kind: 'updated', resource: copy(found) };
        }),
      remove: (id) =>
        call('DELETE', id, () => {
          const existed = find(id) !== undefined && stored.delete(id);
          return { kind: existed ? 'removed' : 'missing' };
        }),
      list: (query) => call('LIST', query, () => this.#listed(existing(key), query).map(copy)),
    };
  }

  /** Divides the traffic of an assistant by hand: the version of now goes on answering. */
  pin(assistantId: string): void {
    this.#allocate(assistantId, this.versions.get(assistantId)?.length);
  }

  /** The configuration that callers of an assistant hear. */
  heard({ id, config }: Resource): JsonObject {
    const pinned = this.allocations.findLast(({ assistantId }) => assistantId === id)?.version;
    return pinned === undefined ? config : (this.versions.get(id)?.[pinned - 1] ?? config);
  }

  #allocate(assistantId: string, version: number | undefined): void {
    this.allocations.push({ id: `allocation-${this.allocations.length + 1}`, assistantId, version });
  }

  #traffic(caller: Caller): VapiTraffic {
    const call = <T>(verb: Verb, about: unknown, act: () => T): Promise<T> =>
      this.#call(caller, { verb, act, resource: ' traffic', about });
    const latest = (id: string) => this.allocations.findLast(({ assistantId }) => assistantId === id);
    const { hasTraffic } = this;
    return {
      hasAccess: hasTraffic,
      latest: async (assistantId) => {
        if (!hasTraffic) return { kind: 'no-access' };
        return await call('GET', assistantId, () => {
          const found = latest(assistantId);
          return found ? { kind: 'found' as const, allocation: shown(found) } : { kind: 'none' as const };
        });
      },
      list: async ({ page, limit }) => {
        if (!hasTraffic) return { kind: 'no-access' };
        const newestFirst = () => this.allocations.toReversed().slice((page - 1) * limit, page * limit);
        return await call('LIST', page, () => ({ kind: 'found' as const, allocations: newestFirst().map(shown) }));
      },
      followLatest: async (assistantId, guardId) => {
        const answer = await call('PATCH', [assistantId, guardId], () => {
          if (latest(assistantId)?.id !== guardId) return CONFLICT();
          this.#allocate(assistantId, undefined);
          return undefined;
        });
        if (answer) throw answer;
      },
      versions: async () => [],
      nameVersion: async () => {},
    };
  }

  #phoneNumbers(caller: Caller): VapiPhoneNumbers {
    const call = <T>(verb: Verb, about: unknown, act: () => T): Promise<T> =>
      this.#call(caller, { verb, act, resource: ' number', about });
    return {
      get: (id) =>
        call('GET', id, () => {
          const phoneNumber = this.numbers.get(id);
          return phoneNumber ? { kind: 'found', phoneNumber: copyOf(phoneNumber) } : { kind: 'missing' };
        }),
      list: ({ limit }) =>
        call('LIST', limit, () =>
          [...this.numbers.values()]
            .slice(0, limit)
            .map((number) => ({ ...number, createdAt: '2026-01-01T00:00:00.000Z' })),
        ),
      assign: (id, assistantId) =>
        call('PATCH', [id, assistantId], () => {
          const number = this.numbers.get(id);
          if (!number) return { kind: 'missing' };
          this.numbers.set(id, { id, isTakenOtherwise: false, ...(assistantId ? { assistantId } : {}) });
          return { kind: 'assigned' };
        }),
    };
  }

  #listed<T extends { createdAt: string }>(all: readonly T[], { since, until, limit }: ListQuery): T[] {
    const shown = this.#now() - this.listLagMs;
    return all
      .filter(({ createdAt }) => Date.parse(createdAt) <= shown)
      .filter(({ createdAt }) => (!since || createdAt >= since) && (!until || createdAt <= until))
      .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
      .slice(0, limit);
  }

  async #call<T>(
    caller: Caller,
    { verb, act, resource = '', about }: { verb: Verb; act: () => T; resource?: string; about: unknown },
  ): Promise<T> {
    const request = `${verb}${resource}`;
    const { verdict, result } = await caller.effect(
      `vapi ${request}`,
      async () => {
        const verdict = this.verdict(verb, request);
        return { verdict, result: this.#answer(verdict, act) };
      },
      about,
    );
    if (verdict === 'slow') await caller.wait(SLOW_MS);
    if (result instanceof Problem) throw result;
    return result;
  }

  #answer<T>(verdict: Verdict, act: () => T): T | Problem {
    if (verdict === 'error-before') return UNAVAILABLE();
    if (verdict === 'refused') return REJECTED();
    if (verdict === 'late') {
      this.#late.push({ at: this.#now() + LATE_MS, act });
      return UNAVAILABLE();
    }
    const done = act();
    return verdict === 'error-after' ? UNAVAILABLE() : done;
  }

  /** Undefined when the caller does not get to know what was made. */
  async #post<T>(caller: Caller, posting: Posting<T>): Promise<T | undefined> {
    const request = `POST${posting.resource}`;
    const { verdict, result } = await caller.effect(
      `vapi ${request}`,
      async () => {
        const verdict = this.verdict('POST', request);
        return { verdict, result: this.#answerPost(verdict, posting) };
      },
      posting.about,
    );
    if (verdict === 'slow' || verdict === 'late') await caller.wait(SLOW_MS);
    if (result instanceof Problem) throw result;
    return result;
  }

  #answerPost<T>(verdict: Verdict, { count, insert }: Posting<T>): T | Problem | undefined {
    if (verdict === 'refused') return REJECTED();
    if (verdict === 'not-sent') return UNAVAILABLE();
    count();
    if (verdict === 'error-before') return undefined;
    const made = insert(verdict === 'late' ? LATE_MS : 0);
    return verdict === 'ok' || verdict === 'slow' ? made : undefined;
  }

  /** Requests that were lost on the way and arrive only now. */
  #landLate(): void {
    const due = this.#late.filter(({ at }) => at <= this.#now());
    this.#late = this.#late.filter(({ at }) => at > this.#now());
    for (const { act } of due) act();
  }

  #insert(stored: Map<string, Stored>, made: NewResource): Resource {
    const resource = this.#made(made);
    stored.set(resource.id, resource);
    this.#publish(resource);
    return resource;
  }

  #publish({ id, config }: Resource): void {
    this.versions.set(id, [...(this.versions.get(id) ?? []), copyOf(config)]);
  }

  #made({ vapiOrgId, config, delayMs = 0 }: NewResource): Stored {
    this.#ids += 1;
    const id = `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
    const existsFrom = this.#now() + delayMs;
    const createdAt = new Date(existsFrom).toISOString();
    return { id, vapiOrgId, createdAt, config: copyOf(config), existsFrom };
  }
}

function copied(one: Stored): readonly [string, Stored] {
  return [one.id, { ...one }];
}

function copy({ id, vapiOrgId, createdAt, config }: Resource): Resource {
  return copyOf({ id, vapiOrgId, createdAt, config });
}

function shown({ id, assistantId, version }: Allocation): TrafficAllocation {
  const versions = version === undefined ? [] : [{ version: `v${version}`, percentage: 100 }];
  return { id, assistantId, isPinned: version !== undefined, versions };
}

/** Vapi's shallow PATCH. */
function patched(config: JsonObject, patch: JsonObject): JsonObject {
  const merged = { ...config, ...copyOf(patch) };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}

/** True for an assistant of this service. */
export function isManaged({ config }: Resource): boolean {
  return isJsonObject(config.metadata) && config.metadata.managedBy === 'vapi-sync';
}
