import { buildApp } from 'fauxqs';
import { z } from 'zod';
import type { Resource, ServiceDefinition } from './service-definition.ts';

/** A running SQS emulator with the queues of serverless.yml. */
export type QueueServer = {
  url: string;
  /** The URL of a queue by its logical name in serverless.yml. */
  queueUrl(logicalName: string): string;
  close(): Promise<void>;
};

const created = z.object({ QueueUrl: z.string() });
const queueName = z.object({ QueueName: z.string() });

/** CloudFormation properties that are the queue attributes of the SQS interface, under the same names. */
const PLAIN_ATTRIBUTES = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'DelaySeconds',
  'ReceiveMessageWaitTimeSeconds',
];

const redrivePolicy = z.object({
  deadLetterTargetArn: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
  maxReceiveCount: z.number(),
});

/** Starts the emulator on 127.0.0.1 and makes every AWS::SQS::Queue in it. Messages live in memory only. */
export async function startQueues(definition: ServiceDefinition, port = 0): Promise<QueueServer> {
  // `startFauxqs` would listen on every network interface; the application itself lets us choose.
  const app = buildApp({ logger: false, defaultRegion: definition.region });
  const url = await app.listen({ port, host: '127.0.0.1' });
  const urls = new Map<string, string>();
  for (const [logicalName, resource] of queuesOf(definition)) {
    const ownUrl = await createQueue(app, createRequest(resource, definition));
    urls.set(logicalName, url + new URL(ownUrl).pathname);
  }
  return {
    url,
    queueUrl: (logicalName) => urls.get(logicalName) ?? missing(logicalName),
    close: () => app.close(),
  };
}

/**
 * Makes a queue and returns its URL. The emulator's own URL has a host below `.localhost`, which not every machine
 * resolves: clients get the address instead, as the emulator looks only at the path.
 */
async function createQueue(app: ReturnType<typeof buildApp>, request: unknown): Promise<string> {
  const response = await app.inject({
    method: 'POST',
    url: '/',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.CreateQueue' },
    payload: JSON.stringify(request),
  });
  return created.parse(response.json()).QueueUrl;
}

function createRequest({ Properties }: Resource, definition: ServiceDefinition) {
  const { QueueName } = queueName.parse(Properties);
  const plain = PLAIN_ATTRIBUTES.filter((name) => Properties[name] !== undefined);
  return {
    QueueName,
    Attributes: {
      ...Object.fromEntries(plain.map((name) => [name, String(Properties[name])])),
      ...(Properties.RedrivePolicy !== undefined && { RedrivePolicy: redrive(Properties.RedrivePolicy, definition) }),
    },
  };
}

function redrive(policy: unknown, { resources, region }: ServiceDefinition): string {
  const { deadLetterTargetArn, maxReceiveCount } = redrivePolicy.parse(policy);
  const [target] = deadLetterTargetArn['Fn::GetAtt'];
  const { QueueName } = queueName.parse(resources[target]?.Properties);
  return JSON.stringify({ deadLetterTargetArn: `arn:aws:sqs:${region}:000000000000:${QueueName}`, maxReceiveCount });
}

function queuesOf({ resources }: ServiceDefinition): [string, Resource][] {
  return Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::SQS::Queue');
}

function missing(logicalName: string): never {
  throw new Error(`serverless.yml has no queue ${logicalName}`);
}
