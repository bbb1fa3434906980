import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { Journal, JournalEntry } from '../../domain/journal.ts';
import type { UpstreamCall } from '../vapi/requests.ts';
import { JOURNAL_STEPS } from './journal-steps.ts';
import { measure, measureBy } from './metrics.ts';

/** Powertools, as one handler's environment has them. */
export interface Telemetry {
  logger: Logger;
  metrics: Metrics;
}

/** Writes each step as one log line and counts it. Operation id, organisation and role are the logger's own keys. */
export function makeJournal(telemetry: Telemetry): Journal {
  return { record: (entry) => record(telemetry, entry) };
}

function record<C extends JournalEntry['code']>(
  { logger, metrics }: Telemetry,
  entry: JournalEntry & { code: C },
): void {
  const step = JOURNAL_STEPS[entry.code];
  logger[step.level](step.text, { ...entry });
  step.measure?.(metrics, entry);
}

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
