import type { CredentialDependencies } from './account/credentials.ts';
import type { VapiAccounts } from './account/vapi-account.ts';
import type { Actor } from './actor.ts';
import type { AssistantKey } from './configuration/assistant-key.ts';
import type { VoicePolicy } from './configuration/voice.ts';
import type { SpecHistory } from './history/history.ts';
import type { Journal } from './journal.ts';
import type { AssistantMapping } from './mapping/assistant-mapping.ts';
import type { AssistantOwners } from './mapping/assistant-owners.ts';
import type { MappingStore, SpecStore } from './mapping/stores.ts';
import type { Deadline, Runtime } from './runtime.ts';
import type { TaskQueue } from './task.ts';
import type { ToolStore } from './tools/tool-registry.ts';

/** All that the use cases need of the world. */
export interface SyncDependencies {
  mappings: MappingStore;
  specs: SpecStore;
  tools: ToolStore;
  owners: AssistantOwners;
  tasks: TaskQueue;
  history: SpecHistory;
  credentials: CredentialDependencies;
  vapi: VapiAccounts;
  runtime: Runtime;
  /** Written into each assistant's metadata: two deployments on one Vapi account leave each other's alone. */
  deployment: string;
  /** True when only organisations with a secret, a record or a mapping are served. */
  knownOrganisationsOnly: boolean;
  voicePolicy: VoicePolicy;
  /** JSON Pointers that no drift run compares, and that no heal touches. */
  driftIgnore: readonly string[];
}

/** One call: which assistant it is about, its deadline, its condition, and where its steps are recorded. */
export interface Operation extends SyncDependencies {
  /** The operation id: it stands in every log line, and in the tasks that follow. */
  id: string;
  key: AssistantKey;
  /** On whose behalf. */
  by: Actor;
  deadline: Deadline;
  journal: Journal;
  /** The condition under which anything is done; absent when the caller has set none. */
  precondition?: Precondition;
}

/** Checks an expectation for as long as one operation runs. */
export interface Precondition {
  /**
   * Throws `PRECONDITION_FAILED` when the row that was read is not as expected. A claim is taken on condition that the
   * row is still as it was read, so that checking every row that is read is enough. `now` in epoch ms.
   */
  assertHolds(mapping: AssistantMapping | undefined, now: number): void;
  /**
   * Called when the operation has claimed the row as expected: from then on it expects the row as it has claimed it.
   */
  follow(claimed: AssistantMapping): void;
}
