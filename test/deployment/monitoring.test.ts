import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { METRICS } from '../../src/adapters/telemetry/metrics.ts';
import { DRIFT_CLASSES } from '../../src/domain/drift/finding.ts';
import { PROBLEMS } from '../../src/domain/problem.ts';
import { configuration } from '../support/configurations.ts';
import { startService } from '../support/service.ts';
import { compile, functionsOf, resourcesOf, type Template } from './template.ts';

let template: Template;
beforeAll(async () => {
  template = await compile('--stage dev');
}, 240_000);

const single = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
});
type Single = z.output<typeof single>;
const combined = z.object({ Metrics: z.array(z.object({ MetricStat: z.object({ Metric: single }).optional() })) });

/** The metrics of an alarm: its own, or those that it reckons with. */
function metricsOf(alarm: unknown): Single[] {
  const own = single.safeParse(alarm);
  if (own.success) return [own.data];
  return combined.parse(alarm).Metrics.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : []));
}

/** What AWS itself measures of the resources of this template. */
const AWS_METRICS: Readonly<Record<string, [resource: string, dimension: string]>> = {
  'AWS/SQS ApproximateNumberOfMessagesVisible': ['AWS::SQS::Queue', 'QueueName'],
  'AWS/SQS ApproximateAgeOfOldestMessage': ['AWS::SQS::Queue', 'QueueName'],
  'AWS/ApiGateway 5xx': ['AWS::ApiGatewayV2::Api', 'ApiId'],
  'AWS/ApiGateway Count': ['AWS::ApiGatewayV2::Api', 'ApiId'],
  'AWS/Lambda RecursiveInvocationsDropped': ['AWS::Lambda::Function', 'FunctionName'],
  'AWS/Lambda Errors': ['AWS::Lambda::Function', 'FunctionName'],
  'AWS/Lambda Throttles': ['AWS::Lambda::Function', 'FunctionName'],
  'AWS/Lambda IteratorAge': ['AWS::Lambda::Function', 'FunctionName'],
};

/** The values that the dimensions of our own metrics can have, where a value is watched. */
const DIMENSION_VALUES: Readonly<Record<string, readonly string[]>> = {
  problem: Object.keys(PROBLEMS),
  verb: ['GET', 'LIST', 'POST', 'PATCH', 'DELETE'],
  outcome: ['ok', 'fault', 'refused'],
  class: DRIFT_CLASSES,
};

const metricNames = Object.keys(METRICS);
const dimensionsOf = (name: string): readonly string[] =>
  new Map<string, readonly string[]>(Object.entries(METRICS).map(([key, { dimensions }]) => [key, dimensions])).get(
    name,
  ) ?? [];

function complaintsAbout({ Namespace, MetricName, Dimensions }: Single): string[] {
  if (Namespace !== 'VapiSync') {
    const known = AWS_METRICS[`${Namespace} ${MetricName}`];
    const [{ Name, Value } = { Name: '', Value: undefined }] = Dimensions;
    const of = JSON.stringify(Value).match(/"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/)?.[1] ?? '';
    const isKnown = known?.[1] === Name && template.Resources[of]?.Type === known[0];
    return isKnown ? [] : [`${Namespace} ${MetricName} of ${JSON.stringify(Value)}`];
  }
  if (!metricNames.includes(MetricName)) return [`nobody measures ${MetricName}`];
  const wanted = ['service', ...dimensionsOf(MetricName)];
  const named = Dimensions.map(({ Name }) => Name);
  const odd = Dimensions.filter(({ Name, Value }) => {
    const allowed = Name === 'service' ? ['vapi-sync-dev'] : (DIMENSION_VALUES[Name] ?? []);
    return !allowed.includes(String(Value));
  });
  return [
    ...(String(named) === String(wanted) ? [] : [`${MetricName} has ${wanted}, not ${named}`]),
    ...odd.map(({ Name, Value }) => `${MetricName} never has ${Name}=${String(Value)}`),
  ];
}

const alarms = () => resourcesOf(template, 'AWS::CloudWatch::Alarm');

describe('every alarm', () => {
  it('watches what somebody measures', () => {
    expect(alarms().length).toBeGreaterThanOrEqual(10);
    for (const [name, { Properties }] of alarms()) {
      const metrics = metricsOf(Properties);
      expect([name, metrics.length > 0]).toEqual([name, true]);
      expect([name, metrics.flatMap(complaintsAbout)]).toEqual([name, []]);
    }
  });

  it('is counted in docs/cost.md, with the metrics that it watches', () => {
    const watched = alarms().flatMap(([, { Properties }]) => metricsOf(Properties));
    const cost = readFileSync(join(import.meta.dirname, '../../docs/cost.md'), 'utf8');
    expect(cost).toContain(`${alarms().length} alarms on ${watched.length} metrics`);
  });

  it('has a section that says what customers feel, what to do first, how to decide and when to escalate', () => {
    const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
    for (const [, { Properties }] of alarms()) {
      const anchor = String(Properties.AlarmDescription).split('#').at(-1) ?? '';
      const section = runbook.split(/^#{2,3} /m).find((text) => {
        return text.split('\n')[0]?.toLowerCase().replaceAll(' ', '-') === anchor;
      });
      const begins = [...(section ?? '').matchAll(/^- (Customers feel|First|Decide|Escalate)\b/gm)].map(
        ([, word]) => word,
      );
      expect([anchor, ...begins]).toEqual([anchor, 'Customers feel', 'First', 'Decide', 'Escalate']);
    }
  });

  it('names a section of the runbook that is there', () => {
    const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
    const anchors = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const [, { Properties }] of alarms()) {
      expect(String(Properties.AlarmDescription)).toMatch(/ docs\/runbook\.md#[a-z0-9-]+$/);
      expect(anchors).toContain(String(Properties.AlarmDescription).split('#')[1]);
    }
  });

  it('tells somebody, also when it is over', () => {
    for (const [, { Properties }] of alarms()) {
      expect(Properties).toMatchObject({
        AlarmActions: [{ Ref: 'AlarmTopic' }],
        OKActions: [{ Ref: 'AlarmTopic' }],
        TreatMissingData: Properties.MetricName === 'DriftRunDuration' ? 'breaching' : 'notBreaching',
      });
    }
  });

  it('of drift looks back as long as the schedule, and rings when there are no runs at all', () => {
    const silent = alarms().find(([name]) => name === 'DriftSilentAlarm')?.[1];
    expect(silent).toMatchObject({
      Condition: 'IsDriftChecked',
      Properties: {
        Statistic: 'SampleCount',
        Period: 3600,
        EvaluationPeriods: 3,
        ComparisonOperator: 'LessThanThreshold',
      },
    });
  });
});

it('a function that no caller waits for has an alarm on its errors, and one on not being started', () => {
  const named = (value: unknown) =>
    JSON.stringify(value ?? null).match(/"(?:Ref|Fn::GetAtt)":\[?"(\w+LambdaFunction)"/)?.[1];
  const started = ['AWS::Events::Rule', 'AWS::Lambda::EventSourceMapping'].flatMap((type) =>
    resourcesOf(template, type).map(([, { Properties }]) => named(Properties.Targets ?? Properties.FunctionName)),
  );
  expect(new Set(started).size).toBeGreaterThanOrEqual(4);
  const watched = alarms().map(([, { Properties }]) => `${Properties.MetricName} ${named(Properties.Dimensions)}`);
  for (const name of started) expect(watched).toEqual(expect.arrayContaining([`Errors ${name}`, `Throttles ${name}`]));
});

it('the dashboard shows what somebody measures', () => {
  const [[, dashboard] = [undefined, undefined]] = resourcesOf(template, 'AWS::CloudWatch::Dashboard');
  const { 'Fn::Sub': text } = z.object({ 'Fn::Sub': z.string() }).parse(dashboard?.Properties.DashboardBody);
  const { widgets } = z.object({ widgets: z.array(z.unknown()) }).parse(JSON.parse(text));
  expect(widgets.length).toBeGreaterThanOrEqual(10);
  const searches = [
    ...text.matchAll(/SEARCH\('\{VapiSync,service,([\w,]+)\} service=\\"([\w-]+)\\" MetricName=\\"(\w+)/g),
  ];
  expect(searches).toHaveLength(8);
  for (const [, dimensions, service, name = ''] of searches) {
    expect([name, dimensions, service]).toEqual([name, dimensionsOf(name).join(','), 'vapi-sync-dev']);
  }
  const plain = [...text.matchAll(/\["(?:VapiSync|\.)", "(\w+)", "(?:service|\.)"/g)].map(([, name = '']) => name);
  expect(plain.length).toBeGreaterThanOrEqual(8);
  for (const name of plain.filter((found) => !found.startsWith('Approximate'))) expect(metricNames).toContain(name);
});

it('metrics leave under the namespace and the service that alarms look for', async () => {
  for (const { properties } of functionsOf(template)) {
    expect(properties.Environment).toMatchObject({
      Variables: { POWERTOOLS_METRICS_NAMESPACE: 'VapiSync', POWERTOOLS_SERVICE_NAME: 'vapi-sync-dev' },
    });
  }
  process.env.POWERTOOLS_METRICS_NAMESPACE = 'VapiSync';
  process.env.POWERTOOLS_SERVICE_NAME = 'vapi-sync-dev';
  const service = await startService();
  await service.put('acme', 'inbound', configuration());
  const embedded = service.output.lines().filter((line) => '_aws' in line);
  await service.stop();
  const sent = new Map<string, unknown>();
  for (const line of embedded) {
    expect(line.service).toBe('vapi-sync-dev');
    for (const { Namespace, Dimensions, Metrics } of emf.parse(line)._aws.CloudWatchMetrics) {
      expect(Namespace).toBe('VapiSync');
      for (const { Name } of Metrics) sent.set(Name, Dimensions);
    }
  }
  expect(Object.fromEntries(sent)).toEqual({
    Outcome: [['service', 'outcome']],
    VoiceDecision: [['service', 'reason']],
    CredentialSource: [['service', 'source']],
    UpstreamCall: [['service', 'verb', 'resource', 'outcome']],
    UpstreamLatency: [['service']],
    OperationDuration: [['service']],
  });
});

const emf = z.object({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});
