import type { Actor } from '../actor.ts';
import type { Role } from '../configuration/assistant-key.ts';
import type { Stray } from '../drift/strays.ts';
import type { AssistantMapping, DriftState } from '../mapping/assistant-mapping.ts';
import type { Change } from './change.ts';

/** One write to the table, as its stream has it: the row before and after it. */
export type TableWrite = {
  /** Identifies the write in the stream. */
  sequence: string;
  /** ISO 8601, to the second: when the write was made. The same however often it comes. */
  at: string;
} & (
  | { kind: 'mapping'; before: AssistantMapping | undefined; after: AssistantMapping | undefined }
  | { kind: 'rollout'; before: ToldState | undefined; after: RolloutHead | undefined }
  | { kind: 'stray'; before: Stray | undefined; after: Stray | undefined }
);

/** A finding that has appeared or is resolved. It holds no value of a configuration. */
export interface ToldFinding {
  id: string;
  /** ISO 8601. */
  at: string;
  /** The run that found it first. */
  runId: string;
  orgId: string;
  role: Role;
  assistantId: string | null;
  class: DriftState['class'] | Stray['class'];
  /** JSON Pointers of the fields that differ. */
  fields: readonly string[];
}

/** The state of a rollout before a write. */
interface ToldState {
  state: string;
}

/** A rollout as its events show it. `templateVersion` is the template's; `version` is the event's own. */
export interface RolloutHead {
  /** Identifies the write: the same however often it is told. */
  id: string;
  /** ISO 8601. */
  at: string;
  rolloutId: string;
  template: string;
  templateVersion: number;
  state: string;
  reason?: string | undefined;
  wave: number;
  waves: readonly number[];
  targets: number;
  startedBy: Actor;
  startedAt: string;
  endedAt: string | null;
}

/** An event for the bus. `detail` carries `version: 1`. */
export interface Announcement {
  type: string;
  detail: { version: 1 } & (Change | ToldFinding | RolloutHead);
  /** Events of one subject keep their order; the subject is the assistant, or the rollout. */
  subject: string;
}
