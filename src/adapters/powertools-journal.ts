import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Journal, JournalEntry } from '../domain/journal.ts';
import { JOURNAL_TEXTS } from './journal-texts.ts';
import type { UpstreamCall } from './upstream-requests.ts';

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
      addCount(metrics, 'Outcome', { outcome: entry.outcome });
      metrics.addMetric('OperationDuration', MetricUnit.Milliseconds, entry.durationMs);
      break;
    case 'OPERATION_REFUSED':
      addCount(metrics, 'Problem', { problem: entry.problem });
      metrics.addMetric('OperationDuration', MetricUnit.Milliseconds, entry.durationMs);
      break;
    case 'VOICE_NORMALISED':
      addCount(metrics, 'VoiceDecision', { reason: entry.reason });
      break;
    case 'CREDENTIALS_RESOLVED':
      addCount(metrics, 'CredentialSource', { source: entry.source });
      break;
    case 'CREATE_OUTCOME_UNKNOWN':
    case 'CREATE_LEFT_UNRESOLVED':
    case 'CLAIM_LOST':
    case 'ASSISTANT_NOT_CONVERGED':
    case 'TOOL_REFUSED':
    case 'PHONE_NUMBER_FOREIGN':
    case 'FOLLOW_UP_NOT_SENT':
    case 'TASK_POSTPONED':
      metrics.addMetric(METRIC_NAMES[entry.code], MetricUnit.Count, 1);
      break;
    case 'UNRESOLVED_CREATE_SEEN':
      metrics.addMetric('UnresolvedCreateAge', MetricUnit.Seconds, entry.ageSeconds);
      break;
    case 'RETIREES_FOUND':
      metrics.addMetric('AssistantsToRetire', MetricUnit.Count, entry.count);
      break;
    default:
      break;
  }
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
} as const;

/** A count with a dimension of its own, so that other metrics of the same invocation do not get that dimension. */
function addCount(metrics: Metrics, name: string, dimensions: Record<string, string>): void {
  const single = metrics.singleMetric();
  for (const [key, value] of Object.entries(dimensions)) single.addDimension(key, value);
  single.addMetric(name, MetricUnit.Count, 1);
}

/** Counts and times one request to Vapi. */
export function recordCall({ logger, metrics }: Telemetry, call: UpstreamCall): void {
  addCount(metrics, 'UpstreamCall', { verb: call.verb, resource: call.resource, outcome: call.outcome });
  metrics.addMetric('UpstreamLatency', MetricUnit.Milliseconds, call.durationMs);
  logger.debug('📡 Vapi called', { code: 'UPSTREAM_CALL', ...call });
}

/** Records that the circuit of an account has opened or closed. */
export function recordCircuit({ logger, metrics }: Telemetry, state: 'open' | 'closed'): void {
  const text = state === 'open' ? '🔌 Circuit opened: calls to this Vapi account pause' : '🔌 Circuit closed again';
  logger[state === 'open' ? 'error' : 'info'](text, { code: 'CIRCUIT_CHANGED', state });
  metrics.addMetric(state === 'open' ? 'CircuitOpened' : 'CircuitClosed', MetricUnit.Count, 1);
}
