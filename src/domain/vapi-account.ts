import type { ApiKey } from './api-key.ts';
import type { JsonObject } from './json.ts';
import type { Deadline } from './runtime.ts';

/** An assistant as Vapi has it. `config` is everything but its identity and times. */
export interface LiveAssistant {
  id: string;
  /** Vapi's id of the account that holds it. */
  vapiOrgId: string;
  /** ISO 8601, by Vapi's clock. */
  createdAt: string;
  config: JsonObject;
}

export type Found = { kind: 'found'; assistant: LiveAssistant } | { kind: 'missing' };
export type Created = { kind: 'created'; assistant: LiveAssistant } | { kind: 'unknown'; cause: unknown };
export type Updated = { kind: 'updated'; assistant: LiveAssistant } | { kind: 'missing' };
export type Removed = { kind: 'removed' } | { kind: 'missing' };

/**
 * The assistants of one Vapi account. What is expected is an answer; the rest is thrown as a `Problem`:
 * `VAPI_REJECTED`, `VAPI_UNAUTHORIZED`, `VAPI_UNAVAILABLE`, `CIRCUIT_OPEN`.
 */
export interface VapiAccount {
  /** Of the key that opened it. */
  readonly keyFingerprint: string;
  get(id: string): Promise<Found>;
  /** Sent once. Throws only when it is certain that nothing was made; otherwise the outcome is `unknown`. */
  create(payload: JsonObject): Promise<Created>;
  /** May be sent more than once: the same whole objects give the same assistant. */
  update(id: string, patch: JsonObject): Promise<Updated>;
  remove(id: string): Promise<Removed>;
  /** Newest first, at most `limit` (1 to 1000). `since` and `until` are ISO 8601, inclusive. */
  list(query: { since?: string; until?: string; limit: number }): Promise<LiveAssistant[]>;
}

/** Opens accounts. Accounts of the same key share one circuit breaker for the life of the environment. */
export interface VapiAccounts {
  open(apiKey: ApiKey, deadline: Deadline): VapiAccount;
}
