import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/**
 * Every metric of the service: its unit, and its dimensions besides `service`. Alarms and dashboard are checked against
 * it.
 */
export const METRICS = {
  Outcome: { unit: MetricUnit.Count, dimensions: ['outcome'] },
  Problem: { unit: MetricUnit.Count, dimensions: ['problem'] },
  VoiceDecision: { unit: MetricUnit.Count, dimensions: ['reason'] },
  CredentialSource: { unit: MetricUnit.Count, dimensions: ['source'] },
  UpstreamCall: { unit: MetricUnit.Count, dimensions: ['verb', 'resource', 'outcome'] },
  Drift: { unit: MetricUnit.Count, dimensions: ['class'] },
  DriftHealed: { unit: MetricUnit.Count, dimensions: ['action'] },
  DriftStepFailed: { unit: MetricUnit.Count, dimensions: ['cause'] },
  ScenarioPassed: { unit: MetricUnit.Count, dimensions: ['scenario'] },
  ScenarioFailed: { unit: MetricUnit.Count, dimensions: ['scenario'] },
  DriftNotSticking: { unit: MetricUnit.Count, dimensions: [] },
  DriftSuspicious: { unit: MetricUnit.Count, dimensions: [] },
  DriftCommonCause: { unit: MetricUnit.Count, dimensions: [] },
  RetiringSoon: { unit: MetricUnit.Count, dimensions: [] },
  DriftRunDuration: { unit: MetricUnit.Milliseconds, dimensions: [] },
  OperationDuration: { unit: MetricUnit.Milliseconds, dimensions: [] },
  UpstreamFault: { unit: MetricUnit.Count, dimensions: [] },
  UpstreamLatency: { unit: MetricUnit.Milliseconds, dimensions: [] },
  UnresolvedCreateAge: { unit: MetricUnit.Seconds, dimensions: [] },
  CircuitOpened: { unit: MetricUnit.Count, dimensions: [] },
  CircuitClosed: { unit: MetricUnit.Count, dimensions: [] },
  CreateOutcomeUnknown: { unit: MetricUnit.Count, dimensions: [] },
  CreateUnresolved: { unit: MetricUnit.Count, dimensions: [] },
  ClaimLost: { unit: MetricUnit.Count, dimensions: [] },
  NotConverged: { unit: MetricUnit.Count, dimensions: [] },
  ToolRefused: { unit: MetricUnit.Count, dimensions: [] },
  PhoneNumberForeign: { unit: MetricUnit.Count, dimensions: [] },
  FollowUpNotSent: { unit: MetricUnit.Count, dimensions: [] },
  TaskPostponed: { unit: MetricUnit.Count, dimensions: [] },
  /** By the state that the target has reached. */
  RolloutTarget: { unit: MetricUnit.Count, dimensions: ['state'] },
  RolloutStopped: { unit: MetricUnit.Count, dimensions: [] },
  RolloutStalled: { unit: MetricUnit.Count, dimensions: [] },
  EventsNotSent: { unit: MetricUnit.Count, dimensions: [] },
  AssistantPinned: { unit: MetricUnit.Count, dimensions: [] },
  AssistantsToRetire: { unit: MetricUnit.Count, dimensions: [] },
} as const;

type MetricName = keyof typeof METRICS;
type DimensionOf<N extends MetricName> = (typeof METRICS)[N]['dimensions'][number];
type MetricWithDimensions = { [N in MetricName]: DimensionOf<N> extends never ? never : N }[MetricName];
export type PlainMetric = Exclude<MetricName, MetricWithDimensions>;

/** Adds a value to a metric without dimensions of its own. */
export function measure(metrics: Metrics, name: PlainMetric, value: number): void {
  metrics.addMetric(name, METRICS[name].unit, value);
}

/** Adds a value to a metric with dimensions of its own, which the other metrics of the invocation do not get. */
export function measureBy<N extends MetricWithDimensions>(
  metrics: Metrics,
  name: N,
  { value = 1, ...dimensions }: Record<DimensionOf<N>, string> & { value?: number },
): void {
  const single = singleOf(metrics);
  for (const [key, of] of Object.entries(dimensions)) single.addDimension(key, String(of));
  single.addMetric(name, METRICS[name].unit, value);
}

/**
 * Kept as long as the metrics that they belong to: each one opens a console of its own, which takes longer than what it
 * writes.
 */
const singles = new WeakMap<Metrics, Metrics>();

/** Metrics that are written with their first value, and are empty again afterwards. */
function singleOf(metrics: Metrics): Metrics {
  const known = singles.get(metrics);
  if (known) return known;
  const single = metrics.singleMetric();
  singles.set(metrics, single);
  return single;
}
