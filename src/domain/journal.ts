import type { CredentialSource, Scope } from './account/scope.ts';
import type { VoiceReason } from './configuration/voice.ts';
import type { RunSummary } from './drift/runs.ts';
import type { ClaimOperation } from './mapping/claim.ts';
import type { ProblemCode } from './problem.ts';

/**
 * The steps of an operation. They hold ids, codes and counts only: with no field for a payload, a prompt or a key, none
 * of these can reach a log.
 */
export type JournalEntry =
  | { code: 'OPERATION_STARTED'; operation: string }
  | { code: 'VOICE_NORMALISED'; reason: VoiceReason; fallbacks: number }
  | { code: 'CREDENTIALS_FELL_THROUGH'; from: 'org-secret' }
  | { code: 'CREDENTIALS_RESOLVED'; source: CredentialSource; cached: boolean }
  | { code: 'CREDENTIALS_REFRESHED'; why: 'unauthorized' | 'before-change-of-account' }
  | { code: 'PLAN_MADE'; plan: string; changes: number; revision: number }
  | { code: 'CLAIM_TAKEN'; operation: ClaimOperation; takenOver: boolean }
  | { code: 'CLAIM_AWAITED'; holder: ClaimOperation }
  | { code: 'CLAIM_LOST'; assistantId?: string }
  | { code: 'ASSISTANT_CREATED'; assistantId: string }
  | { code: 'ASSISTANT_ADOPTED'; assistantId: string }
  | { code: 'ASSISTANT_UPDATED'; assistantId: string; fields: readonly string[] }
  | { code: 'ASSISTANT_NOT_CONVERGED'; assistantId: string; fields: readonly string[] }
  | { code: 'ASSISTANT_REMOVED'; assistantId: string; scope: Scope }
  | { code: 'TRAFFIC_PINNED'; assistantId: string; versions: number }
  | { code: 'TRAFFIC_FOLLOWS_LATEST'; assistantId: string }
  | { code: 'TRAFFIC_NOT_SEEN'; assistantId: string; cause: string }
  | { code: 'VERSION_NAMED'; assistantId: string; version: string }
  | { code: 'VERSION_NOT_NAMED'; cause: string }
  | { code: 'KNOWN_ASSISTANT_MISSING'; assistantId: string }
  | { code: 'KNOWN_ASSISTANT_FOREIGN'; assistantId: string }
  | { code: 'OLD_ASSISTANT_UNREACHABLE'; assistantId: string }
  | { code: 'OLD_ASSISTANT_KEPT'; assistantId: string; cause: string }
  | { code: 'RETIREES_FOUND'; count: number }
  | { code: 'CREATE_OUTCOME_UNKNOWN'; cause: string }
  | { code: 'CREATE_LOOKED_UP'; found: number }
  | { code: 'CREATE_LEFT_UNRESOLVED'; settlesAt: string }
  | { code: 'UNRESOLVED_CREATE_SEEN'; ageSeconds: number }
  | { code: 'MAPPING_FINALISED'; assistantId: string; revision: number }
  | { code: 'MAPPING_REMOVED' }
  | { code: 'CONFIGURATION_MISSING'; specHash: string }
  | { code: 'TOOL_REGISTERED'; toolId: string; tool: string; made: boolean }
  | { code: 'TOOL_REFUSED'; tool: string }
  | { code: 'TOOL_GONE'; toolId: string }
  | { code: 'TOOL_USED_BY_OTHERS'; toolId: string }
  | { code: 'TOOL_REMOVED'; toolId: string; tool: string }
  | { code: 'TOOL_OUTCOME_UNKNOWN'; tool: string; cause: string }
  | { code: 'TOOL_LOOKED_UP'; tool: string; found: number }
  | { code: 'PHONE_NUMBER_LINKED'; phoneNumberId: string; assistantId: string }
  | { code: 'PHONE_NUMBER_RELEASED'; phoneNumberId: string; assistantId: string }
  | { code: 'PHONE_NUMBER_FOREIGN'; phoneNumberId: string }
  | { code: 'PHONE_NUMBER_MISSING'; phoneNumberId: string }
  | { code: 'FOLLOW_UP_SENT' }
  | { code: 'FOLLOW_UP_NOT_SENT'; cause: string }
  | { code: 'TASK_POSTPONED'; operation: string; reason: string; afterSeconds: number; durationMs: number }
  | { code: 'ROLLOUT_CHANGED'; rolloutId: string; state: string; wave: number; reason: string | undefined }
  | {
      code: 'ROLLOUT_TARGET';
      rolloutId: string;
      orgId: string;
      role: string;
      state: string;
      problem: string | undefined;
    }
  | { code: 'DRIFT_RUN_RESENT'; runId: string; count: number }
  | { code: 'ROLLOUT_NOT_SENT'; rolloutId: string; cause: string }
  | { code: 'ROLLOUT_RESENT'; rolloutId: string; state: string; updatedAt: string }
  | { code: 'HISTORY_PRUNED'; count: number }
  | { code: 'HISTORY_NOT_PRUNED'; cause: string }
  | { code: 'RELEASE_FAILED'; cause: string }
  | { code: 'EVENTS_NOT_SENT'; cause: string; count: number }
  | { code: 'CHANGE_NOT_KEPT'; cause: string }
  | { code: 'SCENARIO_PASSED' | 'SCENARIO_FAILED'; scenario: string; durationMs: number }
  | { code: 'LEFTOVERS_REMOVED'; runId: string }
  | { code: 'LEFTOVERS_KEPT'; runId: string; count: number }
  | { code: 'DRIFT_RUN_STARTED'; runId: string; trigger: string; mode: string }
  | { code: 'DRIFT_STEP_FAILED'; runId: string; scope: string; cause: string; failures: number }
  | { code: 'DRIFT_HEAL_FAILED'; runId: string; cause: string }
  | ({
      code: 'DRIFT_RUN_CLOSED';
      runId: string;
      /** Assistants with a model or a voice that is about to be retired. */
      retiring: number;
    } & ClosedTotals &
      Omit<RunSummary, 'totals'>)
  | { code: 'OPERATION_COMPLETED'; operation: string; outcome: string; durationMs: number }
  | { code: 'OPERATION_REFUSED'; operation: string; problem: ProblemCode; detail?: string; durationMs: number };

type ClosedTotals = Pick<RunSummary['totals'], 'classes' | 'unknown' | 'checked' | 'lists' | 'gets'>;

/** What a journal may record of an error: its name. Its message can quote what was sent. */
export function nameOf(error: unknown): string {
  return Error.isError(error) ? error.name : 'unknown';
}

/** Records the steps of one operation; it adds operation id, organisation and role itself. */
export interface Journal {
  record(entry: JournalEntry): void;
}

/** For work whose steps are not to be recorded. */
export const SILENT_JOURNAL: Journal = { record: () => {} };
