import { ApiKey } from '../../src/domain/account/api-key.ts';
import type {
  ListQuery,
  LivePhoneNumber,
  Resource,
  VapiAccount,
  VapiCollection,
  VapiPhoneNumbers,
} from '../../src/domain/account/vapi-account.ts';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { Problem } from '../../src/domain/problem.ts';
import { copyOf } from '../support/copy-of.ts';

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
  effect<T>(label: string, act: () => Promise<T>): Promise<T>;
  wait(ms: number): Promise<void>;
}

interface Existing {
  /** Epoch ms from which GET and PATCH see it: a late request takes effect after its caller has gone. */
  existsFrom: number;
}

type Stored = Resource & Existing;
type StoredTool = Resource & Existing;

interface Posting<T> {
  resource: string;
  count: () => void;
  insert: (delayMs: number) => T;
}

/** A request that hangs, and how late the effect of a lost one may come. Both shorter than what the protocol allows for. */
const SLOW_MS = 12_000;
const LATE_MS = 20_000;

const UNAVAILABLE = () => new Problem('VAPI_UNAVAILABLE', 'planted');
const REJECTED = () => new Problem('VAPI_REJECTED', 'planted', { withoutEffect: true });

/** Vapi accounts in memory, at the level of the domain's interface; misbehaves as told. */
export class Upstream {
  readonly stored = new Map<string, Stored>();
  readonly storedTools = new Map<string, StoredTool>();
  /** Phone numbers of all accounts, by id. */
  readonly numbers = new Map<string, LivePhoneNumber>();
  /** How long a new assistant is missing in lists, in ms. */
  listLagMs = 0;
  posts = 0;
  toolPosts = 0;
  /** Chooses how each request goes. */
  verdict: (verb: Verb, request: string) => Verdict = () => 'ok';
  readonly #now: () => number;
  #ids = 0;
  #late: { at: number; act: () => unknown }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What exists in an account, or in all. */
  assistants(account?: string): Resource[] {
    this.#landLate();
    const now = this.#now();
    return [...this.stored.values()].filter(
      ({ vapiOrgId, existsFrom }) => existsFrom <= now && (account === undefined || vapiOrgId === account),
    );
  }

  /** The tools that exist in an account, or in all. */
  existingTools(account?: string): Resource[] {
    const now = this.#now();
    return [...this.storedTools.values()].filter(
      ({ vapiOrgId, existsFrom }) => existsFrom <= now && (account === undefined || vapiOrgId === account),
    );
  }

  seed(account: string, config: JsonObject): Resource {
    return this.#insert(account, config, 0);
  }

  account(key: string, caller: Caller): VapiAccount {
    const call = <T>(verb: Verb, act: () => T): Promise<T> => this.#call(caller, { verb, act });
    const find = (id: string) => this.assistants(key).find((assistant) => assistant.id === id);
    return {
      keyFingerprint: ApiKey.clean(key)?.fingerprint ?? '',
      get: (id) =>
        call('GET', () => {
          const assistant = find(id);
          return assistant ? { kind: 'found', resource: copy(assistant) } : { kind: 'missing' };
        }),
      create: (payload) => this.#create(caller, { key, payload }),
      update: (id, patch) =>
        call('PATCH', () => {
          const assistant = find(id);
          if (!assistant) return { kind: 'missing' };
          assistant.config = patched(assistant.config, patch);
          return { kind: 'updated', resource: copy(assistant) };
        }),
      remove: (id) =>
        call('DELETE', () => {
          const existed = find(id) !== undefined && this.stored.delete(id);
          return { kind: existed ? 'removed' : 'missing' };
        }),
      list: (query) => call('LIST', () => this.#listed(this.assistants(key), query).map(copy)),
      whose: () => call('LIST', () => [...this.assistants(key), ...this.existingTools(key)][0]?.vapiOrgId),
    };
  }

  tools(key: string, caller: Caller): VapiCollection {
    const call = <T>(verb: Verb, act: () => T): Promise<T> => this.#call(caller, { verb, act, resource: ' tool' });
    const find = (id: string) => this.existingTools(key).find((tool) => tool.id === id);
    return {
      keyFingerprint: ApiKey.clean(key)?.fingerprint ?? '',
      get: (id) =>
        call('GET', () => {
          const tool = find(id);
          return tool ? { kind: 'found', resource: copy(tool) } : { kind: 'missing' };
        }),
      create: async (definition) => {
        const insert = (delayMs: number) => this.#insertTool(key, definition, delayMs);
        const made = await this.#post(caller, { resource: ' tool', count: () => (this.toolPosts += 1), insert });
        return made ? { kind: 'created', resource: copy(made) } : { kind: 'unknown', cause: new Error('planted') };
      },
      // Nothing here changes a tool: another definition is another tool.
      update: () => call('PATCH', () => ({ kind: 'missing' })),
      remove: (id) =>
        call('DELETE', () => {
          const existed = find(id) !== undefined && this.storedTools.delete(id);
          return { kind: existed ? 'removed' : 'missing' };
        }),
      list: (query) => call('LIST', () => this.#listed(this.existingTools(key), query).map(copy)),
    };
  }

  phoneNumbers(key: string, caller: Caller): VapiPhoneNumbers {
    const call = <T>(verb: Verb, act: () => T): Promise<T> => this.#call(caller, { verb, act, resource: ' number' });
    return {
      keyFingerprint: ApiKey.clean(key)?.fingerprint ?? '',
      get: (id) =>
        call('GET', () => {
          const phoneNumber = this.numbers.get(id);
          return phoneNumber ? { kind: 'found', phoneNumber: copyOf(phoneNumber) } : { kind: 'missing' };
        }),
      list: ({ limit }) =>
        call('LIST', () =>
          [...this.numbers.values()]
            .slice(0, limit)
            .map((number) => ({ ...number, createdAt: '2026-01-01T00:00:00.000Z' })),
        ),
      assign: (id, assistantId) =>
        call('PATCH', () => {
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
    { verb, act, resource = '' }: { verb: Verb; act: () => T; resource?: string },
  ): Promise<T> {
    const verdict = this.verdict(verb, `${verb}${resource}`);
    const result = await caller.effect(`vapi ${verb}${resource}`, async () => {
      if (verdict === 'error-before') return UNAVAILABLE();
      if (verdict === 'refused') return REJECTED();
      if (verdict === 'late') {
        this.#late.push({ at: this.#now() + LATE_MS, act });
        return UNAVAILABLE();
      }
      const done = act();
      return verdict === 'error-after' ? UNAVAILABLE() : done;
    });
    if (verdict === 'slow') await caller.wait(SLOW_MS);
    if (result instanceof Problem) throw result;
    return result;
  }

  async #create(
    caller: Caller,
    { key, payload }: { key: string; payload: JsonObject },
  ): ReturnType<VapiAccount['create']> {
    const insert = (delayMs: number) => this.#insert(key, payload, delayMs);
    const made = await this.#post(caller, { resource: '', count: () => (this.posts += 1), insert });
    return made ? { kind: 'created', resource: copy(made) } : { kind: 'unknown', cause: new Error('planted') };
  }

  /** Undefined when the caller does not get to know what was made. */
  async #post<T>(caller: Caller, { resource, count, insert }: Posting<T>): Promise<T | undefined> {
    const verdict = this.verdict('POST', `POST${resource}`);
    const result = await caller.effect(`vapi POST${resource}`, async () => {
      if (verdict === 'refused') return REJECTED();
      if (verdict === 'not-sent') return UNAVAILABLE();
      count();
      if (verdict === 'error-before') return undefined;
      const made = insert(verdict === 'late' ? LATE_MS : 0);
      return verdict === 'ok' || verdict === 'slow' ? made : undefined;
    });
    if (verdict === 'slow' || verdict === 'late') await caller.wait(SLOW_MS);
    if (result instanceof Problem) throw result;
    return result;
  }

  /** Requests that were lost on the way and arrive only now. */
  #landLate(): void {
    const due = this.#late.filter(({ at }) => at <= this.#now());
    this.#late = this.#late.filter(({ at }) => at > this.#now());
    for (const { act } of due) act();
  }

  #insert(vapiOrgId: string, config: JsonObject, delayMs: number): Resource {
    const stored = this.#made(vapiOrgId, config, delayMs);
    this.stored.set(stored.id, stored);
    return stored;
  }

  #insertTool(vapiOrgId: string, config: JsonObject, delayMs: number): Resource {
    const stored = this.#made(vapiOrgId, config, delayMs);
    this.storedTools.set(stored.id, stored);
    return stored;
  }

  #made(vapiOrgId: string, config: JsonObject, delayMs: number): Stored {
    this.#ids += 1;
    const id = `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
    const existsFrom = this.#now() + delayMs;
    const createdAt = new Date(existsFrom).toISOString();
    return { id, vapiOrgId, createdAt, config: copyOf(config), existsFrom };
  }
}

function copy({ id, vapiOrgId, createdAt, config }: Resource): Resource {
  return copyOf({ id, vapiOrgId, createdAt, config });
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
