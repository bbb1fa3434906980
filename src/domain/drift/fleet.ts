import type { ScopeKey } from '../account/scope.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { MappingRow } from '../mapping/assistant-mapping.ts';
import type { Window } from './check/window.ts';

/** A page of something; `next` is where the following one begins, absent after the last. */
export interface Slice<T> {
  items: readonly T[];
  /** Names of rows among them that cannot be read. */
  unreadable?: readonly string[];
  next?: string;
}

/** The mappings as a whole, in the order in which Vapi made the assistants. What it says may be a second old. */
export interface FleetIndex {
  /** Mapped assistants of a scope created within a window, newest first. */
  rows(query: { scope: ScopeKey; window: Window; limit: number; after?: string }): Promise<Slice<MappingRow>>;
  /**
   * When the assistant was created with which `count` rows before `to` are reached; undefined when there are not so
   * many.
   */
  cut(query: { scope: ScopeKey; to?: number; count: number }): Promise<number | undefined>;
  /** Organisations that have, or had, a Vapi account of their own, in the order of their ids. */
  ownAccounts(query: { limit: number; after?: string }): Promise<Slice<string>>;
  /** Rows that name no assistant yet, oldest claim first. */
  unfinished(query: { limit: number; after?: string }): Promise<Slice<MappingRow>>;
  /** Applied configurations of several mappings, by `specName`. What is not there is left out. */
  configurations(wanted: readonly SpecName[]): Promise<ReadonlyMap<string, Configuration>>;
}

export interface SpecName {
  key: AssistantKey;
  specHash: string;
}

/** Names one configuration of one assistant. */
export function specName({ key, specHash }: SpecName): string {
  return `${key.orgId}/${key.role}/${specHash}`;
}
