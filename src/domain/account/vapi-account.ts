import type { JsonObject } from '../json.ts';
import type { Deadline } from '../runtime.ts';
import type { ApiKey } from './api-key.ts';

/** An assistant or a tool as Vapi has it. `config` is everything but its identity and times. */
export interface Resource {
  id: string;
  /** Vapi's id of the account that holds it. */
  vapiOrgId: string;
  /** ISO 8601, by Vapi's clock. */
  createdAt: string;
  config: JsonObject;
}

export type Found = { kind: 'found'; resource: Resource } | { kind: 'missing' };
export type Created = { kind: 'created'; resource: Resource } | { kind: 'unknown'; cause: unknown };
export type Updated = { kind: 'updated'; resource: Resource } | { kind: 'missing' };
export type Removed = { kind: 'removed' } | { kind: 'missing' };

export interface ListQuery {
  since?: string;
  until?: string;
  limit: number;
}

/**
 * The assistants, or the tools, of one Vapi account. Expected outcomes are returned; everything else is thrown as a
 * `Problem`: `VAPI_REJECTED`, `VAPI_CONFLICT`, `PINNED`, `VAPI_UNAUTHORIZED`, `VAPI_UNAVAILABLE`, `CIRCUIT_OPEN`.
 */
export interface VapiCollection {
  get(id: string): Promise<Found>;
  /** Sent once. Throws only when it is certain that nothing was made; otherwise the outcome is `unknown`. */
  create(payload: JsonObject): Promise<Created>;
  /** May be sent more than once: the same whole objects give the same resource. */
  update(id: string, patch: JsonObject): Promise<Updated>;
  remove(id: string): Promise<Removed>;
  /** Newest first, at most `limit` (1 to 1000). `since` and `until` are ISO 8601, inclusive. */
  list(query: ListQuery): Promise<Resource[]>;
}

/** What a phone number does with a call that comes in. */
export interface LivePhoneNumber {
  id: string;
  /** The assistant that answers; absent when none does. */
  assistantId?: string;
  /** True when a squad or a workflow answers instead of an assistant. */
  isTakenOtherwise: boolean;
}

/** The phone numbers of one Vapi account; throws as `VapiCollection` does. */
export interface VapiPhoneNumbers {
  get(id: string): Promise<{ kind: 'found'; phoneNumber: LivePhoneNumber } | { kind: 'missing' }>;
  /** Newest first, at most `limit` (1 to 1000). `until` is ISO 8601, inclusive. */
  list(
    query: Pick<ListQuery, 'until' | 'limit'>,
  ): Promise<(LivePhoneNumber & { createdAt: string; vapiOrgId?: string })[]>;
  /** Points the number to an assistant, or to none. */
  assign(id: string, assistantId: string | null): Promise<{ kind: 'assigned' } | { kind: 'missing' }>;
}

/** A share of the calls, in percent, and the version of the assistant that answers them (`v7`). */
export interface VersionShare {
  version: string;
  percentage: number;
}

/** How the calls of an assistant are divided among its versions. */
export interface TrafficAllocation {
  id: string;
  assistantId: string;
  /**
   * True for an explicit allocation: callers do not hear what is published later. False: the newest version answers.
   */
  isPinned: boolean;
  versions: readonly VersionShare[];
}

/** A version of an assistant, as Vapi made it with a write. */
export interface AssistantVersion {
  version: string;
  /** ISO 8601, by Vapi's clock. */
  createdAt: string;
  name?: string;
}

/** The account may not divide traffic: everybody hears the newest version. */
interface NoAccess {
  kind: 'no-access';
}

/**
 * Versions of assistants, and the share of calls that each answers (traffic allocations, beta). Throws as
 * `VapiCollection` does. That an account has no access is remembered for a day.
 */
export interface VapiTraffic {
  /** Undefined until a request of this environment has shown it. */
  readonly hasAccess: boolean | undefined;
  /** `none`: the traffic was never divided. */
  latest(assistantId: string): Promise<{ kind: 'found'; allocation: TrafficAllocation } | { kind: 'none' } | NoAccess>;
  /**
   * All allocations of the account, newest first; `page` from 1, `limit` 1 to 1000. The newest one of an assistant is
   * in force.
   */
  list(query: {
    page: number;
    limit: number;
  }): Promise<{ kind: 'found'; allocations: readonly TrafficAllocation[] } | NoAccess>;
  /**
   * Lets the newest version answer all calls, if `guardId` is still the allocation in force. Throws `VAPI_CONFLICT`
   * when it is not.
   */
  followLatest(assistantId: string, guardId: string): Promise<void>;
  /** Newest first; empty where the account has no versions. */
  versions(assistantId: string): Promise<readonly AssistantVersion[]>;
  nameVersion(assistantId: string, version: string, name: string): Promise<void>;
}

/** What a configuration may refer to by its name instead of its id. */
export const NAMED_KINDS = ['tool', 'credential', 'structuredOutput'] as const;
export type NamedKind = (typeof NAMED_KINDS)[number];

/** The Vapi account that a key opens. */
export interface VapiAccount {
  /** Fingerprint of that key. */
  readonly keyFingerprint: string;
  readonly assistants: VapiCollection;
  readonly tools: VapiCollection;
  readonly phoneNumbers: VapiPhoneNumbers;
  readonly traffic: VapiTraffic;
  /** Everything of a kind that has a name, by its name. Throws as `VapiCollection` does. */
  named(kind: NamedKind): Promise<readonly { id: string; name: string }[]>;
  /**
   * Vapi's id of the account, read off any assistant, tool or phone number in it; undefined when it has none of these.
   */
  whose(): Promise<string | undefined>;
}

/** Opens accounts. Whatever is opened with the same key shares one circuit breaker for the life of the environment. */
export interface VapiAccounts {
  open(apiKey: ApiKey, deadline: Deadline): VapiAccount;
}
