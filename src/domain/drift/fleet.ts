import type { ScopeKey } from '../account/scope.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { MappingRow } from '../mapping/organisation-view.ts';
import type { Window } from './check/window.ts';

/** A page of a list; `next` is where the following page begins, absent after the last. */
export interface Slice<T> {
  items: readonly T[];
  /** Names of rows among them that cannot be read. */
  unreadable?: readonly string[];
  next?: string;
}

/** All mappings, in the order in which Vapi made the assistants. A write of the last second may be missing. */
export interface FleetIndex {
  /** Mapped assistants of a scope created within a window, newest first. */
  rows(query: { scope: ScopeKey; window: Window; limit: number; after?: string }): Promise<Slice<MappingRow>>;
  /** The creation time down to which there are `count` rows below `to`; undefined when there are fewer. */
  cut(query: { scope: ScopeKey; to?: number; count: number }): Promise<number | undefined>;
  /** Organisations that have, or had, a Vapi account of their own, in the order of their ids. */
  ownAccounts(query: { limit: number; after?: string }): Promise<Slice<string>>;
  /** Rows that name no assistant yet, oldest claim first. */
  unfinished(query: { limit: number; after?: string }): Promise<Slice<MappingRow>>;
  /** Applied configurations of several mappings, by `specName`. Those that are not stored are left out. */
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
