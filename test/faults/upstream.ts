import { ApiKey } from '../../src/domain/api-key.ts';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { Problem } from '../../src/domain/problem.ts';
import type { LiveAssistant, VapiAccount } from '../../src/domain/vapi-account.ts';

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

interface Stored extends LiveAssistant {
  /** Epoch ms from which GET and PATCH see it: a late request takes effect after its caller has gone. */
  existsFrom: number;
}

/** A request that hangs, and how late the effect of a lost one may come. Both shorter than what the protocol allows for. */
const SLOW_MS = 12_000;
const LATE_MS = 20_000;

const UNAVAILABLE = () => new Problem('VAPI_UNAVAILABLE', 'planted');
const REJECTED = () => new Problem('VAPI_REJECTED', 'planted', { withoutEffect: true });

/** Vapi accounts in memory, at the level of the domain's interface; misbehaves as told. */
export class Upstream {
  readonly stored = new Map<string, Stored>();
  /** How long a new assistant is missing in lists, in ms. */
  listLagMs = 0;
  posts = 0;
  /** Chooses how each request goes. */
  verdict: (verb: Verb) => Verdict = () => 'ok';
  readonly #now: () => number;
  #ids = 0;
  #late: { at: number; act: () => unknown }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What exists in an account, or in all. */
  assistants(account?: string): LiveAssistant[] {
    this.#landLate();
    const now = this.#now();
    return [...this.stored.values()].filter(
      ({ vapiOrgId, existsFrom }) => existsFrom <= now && (account === undefined || vapiOrgId === account),
    );
  }

  seed(account: string, config: JsonObject): LiveAssistant {
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
          return assistant ? { kind: 'found', assistant: copy(assistant) } : { kind: 'missing' };
        }),
      create: (payload) => this.#create(caller, { key, payload }),
      update: (id, patch) =>
        call('PATCH', () => {
          const assistant = find(id);
          if (!assistant) return { kind: 'missing' };
          assistant.config = patched(assistant.config, patch);
          return { kind: 'updated', assistant: copy(assistant) };
        }),
      remove: (id) =>
        call('DELETE', () => {
          const existed = find(id) !== undefined && this.stored.delete(id);
          return { kind: existed ? 'removed' : 'missing' };
        }),
      list: ({ since, until, limit }) =>
        call('LIST', () => {
          const shown = this.#now() - this.listLagMs;
          return this.assistants(key)
            .filter(({ createdAt }) => Date.parse(createdAt) <= shown)
            .filter(({ createdAt }) => (!since || createdAt >= since) && (!until || createdAt <= until))
            .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
            .slice(0, limit)
            .map(copy);
        }),
    };
  }

  async #call<T>(caller: Caller, { verb, act }: { verb: Verb; act: () => T }): Promise<T> {
    const verdict = this.verdict(verb);
    const result = await caller.effect(`vapi ${verb}`, async () => {
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
    const verdict = this.verdict('POST');
    const result = await caller.effect('vapi POST', async () => {
      if (verdict === 'refused') return REJECTED();
      if (verdict === 'not-sent') return UNAVAILABLE();
      this.posts += 1;
      if (verdict === 'error-before') return undefined;
      const assistant = this.#insert(key, payload, verdict === 'late' ? LATE_MS : 0);
      return verdict === 'ok' || verdict === 'slow' ? assistant : undefined;
    });
    if (verdict === 'slow' || verdict === 'late') await caller.wait(SLOW_MS);
    if (result instanceof Problem) throw result;
    return result ? { kind: 'created', assistant: copy(result) } : { kind: 'unknown', cause: new Error('planted') };
  }

  /** Requests that were lost on the way and arrive only now. */
  #landLate(): void {
    const due = this.#late.filter(({ at }) => at <= this.#now());
    this.#late = this.#late.filter(({ at }) => at > this.#now());
    for (const { act } of due) act();
  }

  #insert(vapiOrgId: string, config: JsonObject, delayMs: number): LiveAssistant {
    this.#ids += 1;
    const id = `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
    const existsFrom = this.#now() + delayMs;
    const createdAt = new Date(existsFrom).toISOString();
    const stored = { id, vapiOrgId, createdAt, config: structuredClone(config), existsFrom };
    this.stored.set(id, stored);
    return stored;
  }
}

function copy({ id, vapiOrgId, createdAt, config }: LiveAssistant): LiveAssistant {
  return structuredClone({ id, vapiOrgId, createdAt, config });
}

/** Vapi's shallow PATCH. */
function patched(config: JsonObject, patch: JsonObject): JsonObject {
  const merged = { ...config, ...structuredClone(patch) };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}

/** True for an assistant of this service. */
export function isManaged({ config }: LiveAssistant): boolean {
  return isJsonObject(config.metadata) && config.metadata.managedBy === 'vapi-sync';
}
