import type { CredentialDependencies } from './account/credentials.ts';
import type { VapiAccounts } from './account/vapi-account.ts';
import type { AssistantKey } from './configuration/assistant-key.ts';
import type { SpecHistory } from './history/history.ts';
import type { Journal } from './journal.ts';
import type { MappingStore, SpecStore } from './mapping/assistant-mapping.ts';
import type { Precondition } from './mapping/expectation.ts';
import type { Deadline, Runtime } from './runtime.ts';
import type { TaskQueue } from './task.ts';
import type { ToolStore } from './tools/tool-registry.ts';

/** All that the use cases need of the world. */
export interface SyncDependencies {
  mappings: MappingStore;
  specs: SpecStore;
  tools: ToolStore;
  tasks: TaskQueue;
  history: SpecHistory;
  credentials: CredentialDependencies;
  vapi: VapiAccounts;
  runtime: Runtime;
  /** Written into each assistant's metadata: two deployments on one Vapi account leave each other's alone. */
  deployment: string;
}

/** One call: about which assistant, until when, on which condition, and where its steps are recorded. */
export interface Operation {
  /** The operation id: it stands in every log line, and in the tasks that follow. */
  id: string;
  key: AssistantKey;
  deadline: Deadline;
  journal: Journal;
  /** What must be so for anything to be done; absent when the caller has asked for nothing of the kind. */
  precondition?: Precondition;
}
