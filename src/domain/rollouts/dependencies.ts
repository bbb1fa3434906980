import type { Journal } from '../journal.ts';
import type { Pacer } from '../long-work/paced-account.ts';
import type { MappingRow } from '../mapping/organisation-view.ts';
import type { SyncDependencies } from '../operation.ts';
import type { Deadline } from '../runtime.ts';
import type { TemplateDependencies } from '../templates/bind.ts';
import type { RolloutStore, TargetStore } from './rollout.ts';

/** All mapped assistants, in any order. */
interface MappedAssistants {
  everyRow(): AsyncIterable<MappingRow>;
}

export interface RolloutDependencies extends SyncDependencies {
  rollouts: RolloutStore;
  targets: TargetStore;
  fleet: MappedAssistants;
  bound: TemplateDependencies;
  pacer: Pacer;
  /** Requests to one Vapi account in a second, together with drift runs. */
  callsPerSecond: number;
  inlineCredentials: boolean;
}

/** One task, or one request, about rollouts. */
export interface RolloutCall extends RolloutDependencies {
  deadline: Deadline;
  journal: Journal;
}
