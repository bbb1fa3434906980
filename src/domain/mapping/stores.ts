import type { AssistantKey } from '../configuration/assistant-key.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { SpecSummary } from '../configuration/summary.ts';
import type { AssistantMapping, DriftState, PhoneNumberState, TemplateBinding } from './assistant-mapping.ts';
import type { Claim } from './claim.ts';
import type { OrganisationView } from './organisation-view.ts';
import type { Transition } from './transitions.ts';

/** What the store itself writes: the key, the counter and the times of a row. */
type Bookkeeping = keyof AssistantKey | 'revision' | 'createdAt' | 'updatedAt';

/** What a transition writes. Fields that are absent stay as they are; null removes. */
export type MappingChange = Partial<
  Omit<AssistantMapping, Bookkeeping | 'claim' | 'specShape' | 'phoneNumber' | 'drift' | 'template'>
> & {
  claim?: Claim | null;
  specShape?: string | null;
  drift?: DriftState | null;
  /** Null removes the binding. */
  template?: TemplateBinding | null;
  phoneNumber?: PhoneNumberState | null;
};

export interface MappingWrite {
  key: AssistantKey;
  transition: Transition;
  /** The mapping as read; the condition of the write is made from it. */
  from: AssistantMapping | undefined;
  /** Token of the writer's claim. */
  token: string;
  change: MappingChange;
  /** ISO 8601. */
  at: string;
}

/** The row after a successful write follows from the write itself (`mappingAfter`). */
export type MappingWriteResult = { kind: 'written' } | { kind: 'conflict'; current: AssistantMapping | undefined };

/** The table of mappings. Reads are consistent, writes conditional; losing a race is an answer, not an error. */
export interface MappingStore {
  read(orgId: string): Promise<OrganisationView>;
  write(write: MappingWrite): Promise<MappingWriteResult>;
}

/** A configuration as it is stored, before it is sent to Vapi. */
export interface SpecToStore extends Configuration {
  specHash: string;
  summary: SpecSummary;
  /** ISO 8601. */
  at: string;
  /**
   * Hashes of configurations that are known to have been applied before this one is stored: that of the one it
   * replaces.
   */
  appliedBefore: readonly string[];
}

/** The applied configurations, by content. */
export interface SpecStore {
  save(key: AssistantKey, spec: SpecToStore): Promise<void>;
  load(key: AssistantKey, specHash: string): Promise<Configuration | undefined>;
  removeAll(key: AssistantKey): Promise<void>;
}
