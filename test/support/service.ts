import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { Announcer } from '../../local/events/announcer.ts';
import { QueueWorker } from '../../local/stack/queue-worker.ts';
import { type Servers, startServers } from '../../local/stack/servers.ts';
import { localDefinition } from '../../local/stack/stack.ts';
import type { UpstreamTiming } from '../../src/adapters/vapi/accounts.ts';
import {
  type Application,
  makeAnnounceApplication,
  makeApplication,
  type TemplatesApplication,
} from '../../src/application.ts';
import type { OrganisationRecord } from '../../src/domain/account/organisation-record.ts';
import type { Runtime } from '../../src/domain/runtime.ts';
import { makeAnnounceHandler } from '../../src/handlers/announce.ts';
import { makeDriftHandler } from '../../src/handlers/drift.ts';
import { makeFleetHandler } from '../../src/handlers/fleet.ts';
import type { HttpHandler } from '../../src/handlers/http/handler.ts';
import { makeRolloutsHandler } from '../../src/handlers/rollouts.ts';
import { makeStatusHandler } from '../../src/handlers/status.ts';
import { makeSyncHandler } from '../../src/handlers/sync.ts';
import { makeTemplatesHandler } from '../../src/handlers/templates.ts';
import { makeVerifyHandler } from '../../src/handlers/verify.ts';
import { makeWorkerHandler } from '../../src/handlers/worker.ts';
import { lean, systemRuntime } from '../../src/parts.ts';
import { readSettings } from '../../src/settings.ts';
import type { Reply } from './api-description.ts';
import { assertDescribed } from './api-description.ts';
import { contextOf } from './context.ts';
import { type CapturedOutput, captureOutput } from './output.ts';

/** How long Lambda gives a call, in ms: from its beginning on, or what it says whenever it is asked. */
type Remaining = number | (() => number);

export interface CallOptions {
  query?: Record<string, string>;
  headers?: Record<string, string>;
  remainingMs?: Remaining;
  rawBody?: string;
}

/** One environment of the service (a Lambda's memory): its own caches and circuits. */
export interface Environment {
  app: Application;
  put(org: string, role: string, body: unknown, options?: CallOptions): Promise<Reply>;
  remove(org: string, role: string, options?: CallOptions): Promise<Reply>;
  get(org: string, role?: string): Promise<Reply>;
  /** Has the worker perform a batch of tasks, as they come from the queue. */
  work(tasks: readonly unknown[], receiveCount?: number): Promise<SQSBatchResponse>;
  /** Has the worker perform what is in the queue. Returns the number of messages. */
  drainQueue(): Promise<number>;
  /** Has the stream of the table told to its end; what was not taken comes again, as often as needed. */
  announce(): Promise<void>;
  /** Hands one event of the stream to `announce`. */
  tell(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse>;
  history(org: string, role: string): Promise<Reply>;
  rollBack(org: string, role: string, body: unknown, options?: CallOptions): Promise<Reply>;
  invoke(
    handler: 'sync' | 'status' | 'fleet' | 'templates' | 'rollouts' | 'verify' | 'drift',
    event: unknown,
    remainingMs?: Remaining,
  ): Promise<Reply>;
}

export interface AwsRequest {
  service: 'dynamodb' | 'sqs' | 'eventbridge';
  operation: string;
  input: object;
}

export interface TestService extends Environment, Servers {
  output: CapturedOutput;
  /** Names of the DynamoDB operations since the last `clearCounts`, in order. */
  tableOperations: string[];
  /** Every request to the table and to the queue since then, with what was asked for. */
  awsRequests: AwsRequest[];
  dynamo: DynamoDBClient;
  /** What was sent to the task queue since the last `clearCounts`, in order. */
  sent: SentTask[];
  secretName(org: string): string;
  putRecord(org: string, record: OrganisationRecord): Promise<void>;
  clearCounts(): void;
  /** Empties the task queue, also of what is to come later. */
  forgetTasks(): Promise<void>;
  /** Another execution environment on the same stack. */
  anotherEnvironment(options?: EnvironmentOptions): Environment;
  stop(): Promise<void>;
}

export interface SentTask {
  task: unknown;
  delaySeconds: number;
}

export interface EnvironmentOptions {
  settings?: Record<string, string>;
  runtime?: Partial<Runtime>;
  upstreamTiming?: UpstreamTiming;
  /** True for an environment in which organisations of the verification suite may be made. */
  isVerification?: boolean;
  /** Long unless told, so that none is missing on a busy machine; short for a secret that hangs. */
  secretsTimeoutMs?: number;
}

/** Background work keeps no pace that a test would notice, unless it is told one. */
const SETTINGS: Readonly<Record<string, string>> = { DEPLOYMENT_ID: 'test', DRIFT_CALLS_PER_SECOND: '1000' };

/** A runtime in which the pauses of the protocol are over at once, for tests that are not about them. */
export const WITHOUT_PAUSES: Partial<Runtime> = { sleep: async () => {} };

export const PLATFORM_KEY = 'local-platform-key';
export const ACME_KEY = 'local-acme-key';

/** Texts that no log may hold: every key, and the marker that test prompts carry. */
export const SECRETS = [
  PLATFORM_KEY,
  ACME_KEY,
  'local-other-key',
  'local-rotated-out',
  'wrong-key',
  'vk-raw-key',
  'schlüssel',
  'top-secret-prompt',
];

/** Starts the embedded stack in memory with one environment of the service; `stop` checks the log for secrets. */
export async function startService(options: EnvironmentOptions = {}): Promise<TestService> {
  const output = captureOutput();
  // The log that is searched for secrets is the longest one there can be.
  process.env.POWERTOOLS_LOG_LEVEL = 'DEBUG';
  const servers = await startServers({ definition: localDefinition() });
  const tableOperations: string[] = [];
  const sent: SentTask[] = [];
  const awsRequests: AwsRequest[] = [];
  const records = { tableOperations, awsRequests, sent };
  const make = (extra: EnvironmentOptions) => makeEnvironment({ servers, records, options: extra });
  const { environment, dynamo, queue } = make(options);
  const secrets = [...SECRETS];
  return {
    ...servers,
    ...environment,
    output,
    ...records,
    dynamo,
    putRecord: async (org, record) => {
      const TableName = servers.environment.TABLE_NAME;
      const Item = marshall({ pk: `ORG#${org}`, sk: 'PROFILE', ...record });
      await dynamo.send(new PutItemCommand({ TableName, Item }));
    },
    secretName: (org) => `${servers.environment.SECRET_PREFIX}/orgs/${org}`,
    clearCounts: () => {
      tableOperations.length = 0;
      awsRequests.length = 0;
      sent.length = 0;
      servers.vapi.clearRequests();
      servers.secrets.clearRequests();
    },
    forgetTasks: async () => {
      await queue.send(new PurgeQueueCommand({ QueueUrl: servers.environment.TASK_QUEUE_URL }));
    },
    anotherEnvironment: (extra = options) => make(extra).environment,
    stop: async () => {
      await servers.close();
      output.restore();
      const leaked = secrets.filter((secret) => output.text().includes(secret));
      if (leaked.length > 0) throw new Error(`the log holds secrets: ${leaked.join(', ')}`);
    },
  };
}

/**
 * Requests may take as long as in production; the pauses between them, whose length is tested elsewhere, are
 * hundredths.
 */
const BRISK: UpstreamTiming = { longestAttemptMs: 20_000, firstPauseMs: 4 };

const sendSchema = z.looseObject({ MessageBody: z.optional(z.string()), DelaySeconds: z.optional(z.number()) });

function makeEnvironment({
  servers,
  records: { tableOperations, awsRequests, sent },
  options,
}: {
  servers: Servers;
  records: Pick<TestService, 'tableOperations' | 'awsRequests' | 'sent'>;
  options: EnvironmentOptions;
}): { environment: Environment; dynamo: DynamoDBClient; queue: SQSClient } {
  const values: Record<string, string> = { ...SETTINGS, ...servers.environment, ...options.settings };
  const aws = { region: 'eu-central-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const dynamo = new DynamoDBClient({ ...aws, endpoint: values.AWS_ENDPOINT_URL_DYNAMODB ?? '' });
  dynamo.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = String(context.commandName).replace('Command', '');
      tableOperations.push(operation);
      awsRequests.push({ service: 'dynamodb', operation, input: args.input });
      return await next(args);
    },
    { step: 'initialize' },
  );
  const secrets = new SecretsManagerClient({
    ...aws,
    endpoint: values.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? '',
    maxAttempts: 1,
    requestHandler: { requestTimeout: options.secretsTimeoutMs ?? 20_000, throwOnRequestTimeout: true },
  });
  const queue = new SQSClient({ ...aws, endpoint: values.AWS_ENDPOINT_URL_SQS ?? '' });
  queue.middlewareStack.add(
    (next, context) => async (args) => {
      awsRequests.push({
        service: 'sqs',
        operation: String(context.commandName).replace('Command', ''),
        input: args.input,
      });
      const result = await next(args);
      const { MessageBody, DelaySeconds = 0 } = sendSchema.parse(args.input);
      if (MessageBody) sent.push({ task: JSON.parse(MessageBody), delaySeconds: DelaySeconds });
      return result;
    },
    { step: 'initialize' },
  );
  const application = makeApplication({
    settings: readSettings(values),
    runtime: { ...systemRuntime, ...options.runtime },
    clients: { dynamo: lean(dynamo), secrets: lean(secrets), queue: lean(queue) },
    upstreamTiming: options.upstreamTiming ?? BRISK,
  });
  const app = { ...application, isVerification: options.isVerification ?? false };
  const bus = new EventBridgeClient({ ...aws, endpoint: values.AWS_ENDPOINT_URL_EVENTBRIDGE ?? '', maxAttempts: 1 });
  bus.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = String(context.commandName).replace('Command', '');
      awsRequests.push({ service: 'eventbridge', operation, input: args.input });
      return await next(args);
    },
    { step: 'initialize' },
  );
  const announcing = makeAnnounceApplication({
    settings: readSettings(values),
    runtime: app.runtime,
    clients: { dynamo, bus },
  });
  const announce = makeAnnounceHandler(announcing);
  const announcer = new Announcer({ environment: values, announce });
  const tell = (event: DynamoDBStreamEvent) =>
    announce(
      event,
      contextOf(() => 60_000),
    );
  const environment = { ...environmentOf(app, values), announce: () => announcer.drain(), tell };
  return { environment, dynamo, queue };
}

function environmentOf(app: Application, values: Record<string, string>): Omit<Environment, 'announce' | 'tell'> {
  const worker = makeWorkerHandler(app);
  const handlers = {
    sync: makeSyncHandler(app),
    status: makeStatusHandler(app),
    fleet: makeFleetHandler(app),
    rollouts: makeRolloutsHandler(app),
    templates: makeTemplatesHandler(templatesOf(app)),
    verify: makeVerifyHandler(app),
    drift: makeDriftHandler(app),
  };
  const invoke: Environment['invoke'] = async (name, event, remainingMs = 29_000) => {
    const reply = await call(handlers[name], event, remainingMs);
    assertDescribed(name, event, reply);
    return reply;
  };
  return {
    app,
    invoke,
    put: (org, role, body, options = {}) =>
      invoke('sync', eventOf({ method: 'PUT', org, role, body, options }), options.remainingMs),
    remove: (org, role, options = {}) =>
      invoke('sync', eventOf({ method: 'DELETE', org, role, options }), options.remainingMs),
    work: (tasks, receiveCount = 1) =>
      worker(
        batchOf(tasks, receiveCount),
        contextOf(() => 120_000),
      ),
    drainQueue: async () => {
      const queueWorker = new QueueWorker({ environment: values, worker });
      try {
        return await queueWorker.drain();
      } finally {
        queueWorker.stop();
      }
    },
    history: (org, role) => invoke('status', eventOf({ method: 'GET', org, role, suffix: '/history', options: {} })),
    rollBack: (org, role, body, options = {}) =>
      invoke('sync', eventOf({ method: 'POST', org, role, body, suffix: '/rollback', options }), options.remainingMs),
    get: (org, role) => invoke('status', eventOf({ method: 'GET', org, ...(role ? { role } : {}), options: {} })),
  };
}

/** As `templates` has it: of what `sync` works with, the table. */
function templatesOf({ templates: { templates, variables }, ...app }: Application): TemplatesApplication {
  return { ...app, templates, variables, voicePolicy: app.sync.voicePolicy };
}

function batchOf(tasks: readonly unknown[], receiveCount: number): SQSEvent {
  const Records = tasks.map((task, index) => ({
    messageId: `message-${index}`,
    receiptHandle: `receipt-${index}`,
    body: typeof task === 'string' ? task : JSON.stringify(task),
    attributes: {
      ApproximateReceiveCount: String(receiveCount),
      SentTimestamp: '0',
      SenderId: 'test',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:tasks',
    awsRegion: 'eu-central-1',
  }));
  return { Records };
}

interface EventParts {
  method: string;
  org: string;
  role?: string;
  body?: unknown;
  options: CallOptions;
  /** What follows the assistant in the path. */
  suffix?: string;
}

function eventOf({ method, org, role, body, options, suffix = '' }: EventParts): unknown {
  return {
    version: '2.0',
    routeKey: `${method} /orgs/{orgId}/assistants${role ? '/{role}' : ''}${suffix}`,
    headers: options.headers ?? {},
    requestContext: { http: { method } },
    pathParameters: { orgId: org, ...(role ? { role } : {}) },
    ...(options.query ? { queryStringParameters: options.query } : {}),
    ...(body === undefined && options.rawBody === undefined ? {} : { body: options.rawBody ?? JSON.stringify(body) }),
  };
}

async function call(handler: HttpHandler, event: unknown, remaining: Remaining): Promise<Reply> {
  const began = Date.now();
  const leftMs = typeof remaining === 'number' ? () => began + remaining - Date.now() : remaining;
  const response = await handler(event, contextOf(leftMs));
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.body === undefined ? undefined : JSON.parse(response.body),
  };
}
