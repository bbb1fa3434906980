import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { DriftRunOutcome, Journal, JournalEntry } from '../../domain/journal.ts';
import type { UpstreamCall } from '../vapi/requests.ts';
import { JOURNAL_TEXTS } from './journal-texts.ts';
import { measure, measureBy } from './metrics.ts';

/** Powertools, as one handler's environment has them. */
export interface Telemetry {
  logger: Logger;
  metrics: Metrics;
}

/** Writes each step as one log line and counts it. Operation id, organisation and role are the logger's own keys. */
export function makeJournal({ logger, metrics }: Telemetry): Journal {
  return {
    record(entry: JournalEntry): void {
      const { level, text } = JOURNAL_TEXTS[entry.code];
      logger[level](text, { ...entry });
      count(metrics, entry);
    },
  };
}

function count(metrics: Metrics, entry: JournalEntry): void {
  switch (entry.code) {
    case 'OPERATION_COMPLETED':
      measureBy(metrics, 'Outcome', { outcome: entry.outcome });
      measure(metrics, 'OperationDuration', entry.durationMs);
      break;
    case 'OPERATION_REFUSED':
      measureBy(metrics, 'Problem', { problem: entry.problem });
      measure(metrics, 'OperationDuration', entry.durationMs);
      break;
    case 'VOICE_NORMALISED':
      measureBy(metrics, 'VoiceDecision', { reason: entry.reason });
      break;
    case 'CREDENTIALS_RESOLVED':
      measureBy(metrics, 'CredentialSource', { source: entry.source });
      break;
    case 'SCENARIO_PASSED':
    case 'SCENARIO_FAILED':
      measureBy(metrics, METRIC_NAMES[entry.code], { scenario: entry.scenario });
      break;
    case 'CREATE_OUTCOME_UNKNOWN':
    case 'CREATE_LEFT_UNRESOLVED':
    case 'CLAIM_LOST':
    case 'ASSISTANT_NOT_CONVERGED':
    case 'TOOL_REFUSED':
    case 'PHONE_NUMBER_FOREIGN':
    case 'FOLLOW_UP_NOT_SENT':
    case 'TASK_POSTPONED':
      measure(metrics, METRIC_NAMES[entry.code], 1);
      break;
    case 'UNRESOLVED_CREATE_SEEN':
      measure(metrics, 'UnresolvedCreateAge', entry.ageSeconds);
      break;
    case 'RETIREES_FOUND':
      measure(metrics, 'AssistantsToRetire', entry.count);
      break;
    case 'DRIFT_RUN_CLOSED':
      countDrift(metrics, entry);
      break;
    case 'DRIFT_STEP_FAILED':
      measureBy(metrics, 'DriftStepFailed', { cause: entry.cause });
      break;
    default:
      break;
  }
}

/** Each class, also those with nothing in them: an alarm must see that a finding has gone. */
function countDrift(
  metrics: Metrics,
  { classes, unknown, suspicious, common, healed, durationMs }: DriftRunOutcome,
): void {
  for (const [name, count] of Object.entries({ ...classes, unknown })) {
    measureBy(metrics, 'Drift', { class: name, value: count });
  }
  const healings = { reapplied: healed?.reapplied ?? 0, resumed: healed?.resumed ?? 0, removed: healed?.removed ?? 0 };
  for (const [action, count] of Object.entries(healings)) {
    measureBy(metrics, 'DriftHealed', { action, value: count });
  }
  measure(metrics, 'DriftNotSticking', healed?.kept['does-not-stick'] ?? 0);
  measure(metrics, 'DriftSuspicious', suspicious.length);
  measure(metrics, 'DriftCommonCause', common.length);
  measure(metrics, 'DriftRunDuration', durationMs);
}

const METRIC_NAMES = {
  CREATE_OUTCOME_UNKNOWN: 'CreateOutcomeUnknown',
  CREATE_LEFT_UNRESOLVED: 'CreateUnresolved',
  CLAIM_LOST: 'ClaimLost',
  ASSISTANT_NOT_CONVERGED: 'NotConverged',
  TOOL_REFUSED: 'ToolRefused',
  PHONE_NUMBER_FOREIGN: 'PhoneNumberForeign',
  FOLLOW_UP_NOT_SENT: 'FollowUpNotSent',
  TASK_POSTPONED: 'TaskPostponed',
  SCENARIO_PASSED: 'ScenarioPassed',
  SCENARIO_FAILED: 'ScenarioFailed',
} as const;

/** Counts and times one request to Vapi. */
export function recordCall({ logger, metrics }: Telemetry, call: UpstreamCall): void {
  measureBy(metrics, 'UpstreamCall', { verb: call.verb, resource: call.resource, outcome: call.outcome });
  if (call.outcome === 'fault') measure(metrics, 'UpstreamFault', 1);
  measure(metrics, 'UpstreamLatency', call.durationMs);
  logger.debug('📡 Vapi called', { code: 'UPSTREAM_CALL', ...call });
}

/** Records that the circuit of an account has opened or closed. */
export function recordCircuit({ logger, metrics }: Telemetry, state: 'open' | 'closed'): void {
  const text = state === 'open' ? '🔌 Circuit opened: calls to this Vapi account pause' : '🔌 Circuit closed again';
  logger[state === 'open' ? 'error' : 'info'](text, { code: 'CIRCUIT_CHANGED', state });
  measure(metrics, state === 'open' ? 'CircuitOpened' : 'CircuitClosed', 1);
}
