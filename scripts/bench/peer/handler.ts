/**
 * What a careful engineer would write for the same PUT, with the usual libraries and without this service's protocol:
 * middy, Powertools (logger, metrics, idempotency), the official Vapi SDK, one row per assistant. One read and three
 * writes of the table, and the same calls to Vapi. It is a baseline to measure against, not an example: a lost reply
 * duplicates here.
 */
import { createHash } from 'node:crypto';
import { IdempotencyConfig } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { makeHandlerIdempotent } from '@aws-lambda-powertools/idempotency/middleware';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import middy from '@middy/core';
import { AssistantsClient } from '@vapi-ai/server-sdk/assistants';
import * as z from 'zod/mini';

const { TABLE_NAME: tableName = '', SECRET_PREFIX: prefix = '', VAPI_BASE_URL: baseUrl = '' } = process.env;

const logger = new Logger();
const metrics = new Metrics();
const requestHandler = { connectionTimeout: 1000, requestTimeout: 3000 };
const dynamo = new DynamoDBClient({ requestHandler, maxAttempts: 3 });
const secrets = new SecretsManagerClient({ requestHandler, maxAttempts: 3 });
const persistenceStore = new DynamoDBPersistenceLayer({
  tableName,
  keyAttr: 'pk',
  sortKeyAttr: 'sk',
  staticPkValue: 'IDEMPOTENCY',
  awsSdkV3Client: dynamo,
});
const config = new IdempotencyConfig({ eventKeyJmesPath: 'headers."idempotency-key"', expiresAfterSeconds: 3600 });

const eventSchema = z.object({
  pathParameters: z.object({ orgId: z.string(), role: z.enum(['inbound', 'outbound']) }),
  body: z.string(),
});
const bodySchema = z.looseObject({
  name: z.optional(z.string().check(z.maxLength(40))),
  firstMessage: z.optional(z.string()),
  model: z.looseObject({ provider: z.string(), model: z.string() }),
  voice: z.optional(z.looseObject({ provider: z.string(), voiceId: z.string() })),
});
const rowSchema = z.object({ assistantId: z.string(), version: z.number() });
const secretSchema = z.object({ apiKey: z.string() });

type Configuration = z.infer<typeof bodySchema>;
interface Row extends z.infer<typeof rowSchema> {
  pk: string;
  sk: string;
}

const keys = new Map<string, string>();

async function apiKeyOf(orgId: string): Promise<string> {
  const known = keys.get(orgId);
  if (known) return known;
  const found = (await readSecret(`${prefix}/orgs/${orgId}`)) ?? (await readSecret(`${prefix}/platform`));
  if (!found) throw new Error('There is no key');
  keys.set(orgId, found);
  return found;
}

async function readSecret(SecretId: string): Promise<string | undefined> {
  try {
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    return secretSchema.parse(JSON.parse(SecretString ?? '')).apiKey;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function readRow(pk: string, sk: string): Promise<z.infer<typeof rowSchema> | undefined> {
  const Key = marshall({ pk, sk });
  const { Item } = await dynamo.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }));
  return Item && rowSchema.parse(unmarshall(Item));
}

async function writeRow({ pk, sk, version, assistantId }: Row, configuration: Configuration): Promise<void> {
  const item = { pk, sk, version: version + 1, assistantId, configuration, updatedAt: new Date().toISOString() };
  await dynamo.send(
    new PutItemCommand({
      TableName: tableName,
      Item: marshall(item, { removeUndefinedValues: true }),
      ConditionExpression: 'attribute_not_exists(pk) OR version = :read',
      ExpressionAttributeValues: marshall({ ':read': version }),
    }),
  );
}

/** True when `live` has all that is declared. */
function hasAll(live: unknown, declared: unknown): boolean {
  if (typeof declared !== 'object' || declared === null) return live === declared;
  if (typeof live !== 'object' || live === null) return false;
  const values = new Map(Object.entries(live));
  return Object.entries(declared).every(([name, value]) => hasAll(values.get(name), value));
}

const handle = async (event: unknown) => {
  const { pathParameters, body } = eventSchema.parse(event);
  const { orgId, role } = pathParameters;
  const configuration = bodySchema.parse(JSON.parse(body));
  logger.appendKeys({ orgId, role });
  logger.info('Sync started');
  const [pk, sk] = [`PEER#${orgId}`, `ASSISTANT#${role}`];
  const [token, row] = await Promise.all([apiKeyOf(orgId), readRow(pk, sk)]);
  const vapi = new AssistantsClient({ token, baseUrl, maxRetries: 0, timeoutInSeconds: 20 });
  const metadata = { orgId, role };
  const { assistantId, outcome } = await apply();
  logger.info('Sync completed', { assistantId, outcome });
  metrics.addMetric('Synced', MetricUnit.Count, 1);
  metrics.addDimension('outcome', outcome);
  const specHash = createHash('sha256').update(JSON.stringify(configuration)).digest('hex');
  return {
    statusCode: outcome === 'created' ? 201 : 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ orgId, role, assistantId, outcome, specHash }),
  };

  async function apply(): Promise<{ assistantId: string; outcome: string }> {
    if (!row) {
      const { id } = await vapi.create(createSchema.parse({ ...configuration, metadata }));
      await writeRow({ pk, sk, version: 0, assistantId: id }, configuration);
      return { assistantId: id, outcome: 'created' };
    }
    const id = row.assistantId;
    const live = await vapi.get({ id });
    if (hasAll(live, configuration)) return { assistantId: id, outcome: 'unchanged' };
    await vapi.update(updateSchema.parse({ id, ...configuration }));
    await writeRow({ pk, sk, ...row }, configuration);
    return { assistantId: id, outcome: 'updated' };
  }
};

const createSchema = z.custom<Parameters<AssistantsClient['create']>[0]>((value) => typeof value === 'object');
const updateSchema = z.custom<Parameters<AssistantsClient['update']>[0]>((value) => typeof value === 'object');

export const handler = middy()
  .use(injectLambdaContext(logger, { resetKeys: true }))
  .use(logMetrics(metrics))
  .use(makeHandlerIdempotent({ persistenceStore, config }))
  .handler(handle);
