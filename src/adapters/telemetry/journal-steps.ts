import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { JournalEntry } from '../../domain/journal.ts';
import { measure, measureBy, type PlainMetric } from './metrics.ts';

type Code = JournalEntry['code'];

/** One kind of step: its line in the log, and what it measures. */
interface JournalStep<C extends Code> {
  level: 'info' | 'warn' | 'error';
  /** The sentence for people, with the emoji of its step. */
  text: string;
  measure?(metrics: Metrics, entry: JournalEntry & { code: C }): void;
}

/** Every step of the log. */
export const JOURNAL_STEPS: { readonly [C in Code]: JournalStep<C> } = {
  OPERATION_STARTED: { level: 'info', text: '🚀 Operation started' },
  VOICE_NORMALISED: {
    level: 'info',
    text: '🎙️ Voice decided',
    measure: (metrics, { reason }) => measureBy(metrics, 'VoiceDecision', { reason }),
  },
  CREDENTIALS_FELL_THROUGH: { level: 'warn', text: '🔑 No such secret: falling through to the next level' },
  CREDENTIALS_RESOLVED: {
    level: 'info',
    text: '🔑 Credentials resolved',
    measure: (metrics, { source }) => measureBy(metrics, 'CredentialSource', { source }),
  },
  CREDENTIALS_REFRESHED: { level: 'info', text: '🔑 Remembered credentials dropped, reading them anew' },
  PLAN_MADE: { level: 'info', text: '🧭 Plan made' },
  CLAIM_TAKEN: { level: 'info', text: '🔒 Claim taken' },
  CLAIM_AWAITED: { level: 'info', text: '⏳ Waiting for another operation on the same assistant' },
  CLAIM_LOST: { level: 'warn', text: '🔓 Claim lost to another operation, starting over', measure: once('ClaimLost') },
  ASSISTANT_CREATED: { level: 'info', text: '✨ Assistant created' },
  ASSISTANT_ADOPTED: { level: 'info', text: '🤝 Existing assistant adopted' },
  ASSISTANT_UPDATED: { level: 'info', text: '📝 Assistant updated' },
  ASSISTANT_NOT_CONVERGED: {
    level: 'warn',
    text: '🌀 Vapi accepted the update but shows other values',
    measure: once('NotConverged'),
  },
  ASSISTANT_REMOVED: { level: 'info', text: '🗑️ Assistant removed at Vapi' },
  TRAFFIC_PINNED: {
    level: 'warn',
    text: '📌 The traffic of the assistant is pinned: callers do not hear what was stored',
    measure: once('AssistantPinned'),
  },
  TRAFFIC_FOLLOWS_LATEST: { level: 'info', text: '📌 Pin taken off: callers hear the newest version' },
  TRAFFIC_NOT_SEEN: { level: 'warn', text: '📌 What callers hear could not be read or changed' },
  VERSION_NAMED: { level: 'info', text: '🏷️ Version named at Vapi' },
  VERSION_NOT_NAMED: { level: 'info', text: '🏷️ The version was not named at Vapi' },
  KNOWN_ASSISTANT_MISSING: { level: 'warn', text: '👻 The assistant that the organisation names does not exist' },
  KNOWN_ASSISTANT_FOREIGN: { level: 'warn', text: '🚫 The assistant that the organisation names belongs to another' },
  OLD_ASSISTANT_UNREACHABLE: { level: 'warn', text: '🏚️ An old assistant is in an account whose key is gone' },
  OLD_ASSISTANT_KEPT: { level: 'warn', text: '🧹 An old assistant could not be removed yet' },
  RETIREES_FOUND: {
    level: 'warn',
    text: '🧹 Assistants to be removed',
    measure: (metrics, { count }) => measure(metrics, 'AssistantsToRetire', count),
  },
  CREATE_OUTCOME_UNKNOWN: {
    level: 'warn',
    text: '❓ The reply to the creation was lost',
    measure: once('CreateOutcomeUnknown'),
  },
  CREATE_LOOKED_UP: { level: 'info', text: '🔍 Looked for assistants of ours' },
  CREATE_LEFT_UNRESOLVED: {
    level: 'error',
    text: '❓ Left unresolved: the assistant may still turn up',
    measure: once('CreateUnresolved'),
  },
  UNRESOLVED_CREATE_SEEN: {
    level: 'warn',
    text: '❓ A creation is still unresolved',
    measure: (metrics, { ageSeconds }) => measure(metrics, 'UnresolvedCreateAge', ageSeconds),
  },
  MAPPING_FINALISED: { level: 'info', text: '💾 Mapping recorded' },
  MAPPING_REMOVED: { level: 'info', text: '💾 Mapping removed' },
  CONFIGURATION_MISSING: { level: 'error', text: '💾 The applied configuration is not in the table' },
  TOOL_REGISTERED: { level: 'info', text: '🔧 Tool registered' },
  TOOL_REFUSED: { level: 'error', text: '🔧 Vapi refused the definition of a tool', measure: once('ToolRefused') },
  TOOL_GONE: { level: 'warn', text: '🔧 A tool was deleted at Vapi, it is registered anew' },
  TOOL_USED_BY_OTHERS: { level: 'warn', text: '🔧 A tool is kept: an assistant that is not ours uses it' },
  TOOL_REMOVED: { level: 'info', text: '🗑️ An unused tool was removed at Vapi' },
  TOOL_OUTCOME_UNKNOWN: { level: 'warn', text: '❓ The reply to the registration of a tool was lost' },
  TOOL_LOOKED_UP: { level: 'info', text: '🔍 Looked for a tool of ours' },
  PHONE_NUMBER_LINKED: { level: 'info', text: '☎️ Phone number points to the assistant' },
  PHONE_NUMBER_RELEASED: { level: 'info', text: '☎️ Phone number taken off the assistant' },
  PHONE_NUMBER_FOREIGN: {
    level: 'error',
    text: '☎️ The phone number serves something else and is left alone',
    measure: once('PhoneNumberForeign'),
  },
  PHONE_NUMBER_MISSING: { level: 'error', text: '☎️ The account has no such phone number' },
  FOLLOW_UP_SENT: { level: 'info', text: '📨 Tools and phone number left to the worker' },
  FOLLOW_UP_NOT_SENT: {
    level: 'error',
    text: '📨 The task for the worker could not be sent; the next sync sends it again',
    measure: once('FollowUpNotSent'),
  },
  TASK_POSTPONED: {
    level: 'warn',
    text: '⏳ The task cannot be done now and comes back later',
    measure: once('TaskPostponed'),
  },
  ROLLOUT_CHANGED: {
    level: 'info',
    text: '🌊 The state of a rollout has changed',
    measure: (metrics, { state, reason }) => {
      const isStopped =
        reason !== undefined && reason !== 'operator' && (state === 'paused' || state === 'rolling-back');
      if (isStopped || state === 'failed') once('RolloutStopped')(metrics);
    },
  },
  ROLLOUT_TARGET: {
    level: 'info',
    text: '🌊 A target of a rollout was worked on',
    measure: (metrics, { state }) => measureBy(metrics, 'RolloutTarget', { state }),
  },
  DRIFT_RUN_RESENT: { level: 'warn', text: '🧭 A drift run made no progress; its tasks were sent again' },
  ROLLOUT_NOT_SENT: { level: 'warn', text: '🌊 The task of a rollout could not be sent; it is sent within a minute' },
  ROLLOUT_RESENT: {
    level: 'warn',
    text: '🌊 A rollout made no progress; its task was sent again',
    measure: once('RolloutStalled'),
  },
  HISTORY_PRUNED: { level: 'info', text: '📚 Old configurations removed from the history' },
  HISTORY_NOT_PRUNED: { level: 'warn', text: '📚 The worker could not be asked to remove old configurations' },
  RELEASE_FAILED: { level: 'warn', text: '🔒 The claim could not be given back and will expire' },
  EVENTS_NOT_SENT: {
    level: 'warn',
    text: '📣 The bus did not accept events; the stream brings them again',
    measure: once('EventsNotSent'),
  },
  CHANGE_NOT_KEPT: {
    level: 'warn',
    text: '📣 A change could not be kept; the stream brings it again',
    measure: once('EventsNotSent'),
  },
  SCENARIO_PASSED: {
    level: 'info',
    text: '🟢 Scenario passed',
    measure: (metrics, { scenario }) => measureBy(metrics, 'ScenarioPassed', { scenario }),
  },
  SCENARIO_FAILED: {
    level: 'error',
    text: '🔴 Scenario failed',
    measure: (metrics, { scenario }) => measureBy(metrics, 'ScenarioFailed', { scenario }),
  },
  LEFTOVERS_REMOVED: { level: 'warn', text: '🧹 Removed what an earlier verification had left' },
  LEFTOVERS_KEPT: { level: 'warn', text: '🧹 A verification has left something that could not be removed yet' },
  DRIFT_RUN_STARTED: { level: 'info', text: '🩺 Drift run started' },
  DRIFT_STEP_FAILED: {
    level: 'warn',
    text: '🩺 A part of the fleet could not be checked',
    measure: (metrics, { cause }) => measureBy(metrics, 'DriftStepFailed', { cause }),
  },
  DRIFT_HEAL_FAILED: { level: 'warn', text: '🩹 A finding could not be healed' },
  DRIFT_RUN_CLOSED: { level: 'info', text: '🩺 Drift run closed', measure: measureDrift },
  OPERATION_COMPLETED: {
    level: 'info',
    text: '✅ Operation completed',
    measure: (metrics, { outcome, durationMs }) => {
      measureBy(metrics, 'Outcome', { outcome });
      measure(metrics, 'OperationDuration', durationMs);
    },
  },
  OPERATION_REFUSED: {
    level: 'warn',
    text: '⛔ Operation ended with a problem',
    measure: (metrics, { problem, durationMs }) => {
      measureBy(metrics, 'Problem', { problem });
      measure(metrics, 'OperationDuration', durationMs);
    },
  },
};

/** Adds one each time that the step is taken. */
function once(name: PlainMetric): (metrics: Metrics) => void {
  return (metrics) => measure(metrics, name, 1);
}

/** Measures each class, also the empty ones: an alarm must see that a finding is gone. */
function measureDrift(metrics: Metrics, entry: JournalEntry & { code: 'DRIFT_RUN_CLOSED' }): void {
  const { classes, unknown, suspicious, common, healed, durationMs } = entry;
  for (const [name, count] of Object.entries({ ...classes, unknown })) {
    measureBy(metrics, 'Drift', { class: name, value: count });
  }
  for (const action of ['reapplied', 'resumed', 'removed'] as const) {
    measureBy(metrics, 'DriftHealed', { action, value: healed?.[action] ?? 0 });
  }
  measure(metrics, 'DriftNotSticking', healed?.kept['does-not-stick'] ?? 0);
  measure(metrics, 'DriftSuspicious', suspicious.length);
  measure(metrics, 'DriftCommonCause', common.length);
  measure(metrics, 'RetiringSoon', entry.retiring);
  measure(metrics, 'DriftRunDuration', durationMs);
}
