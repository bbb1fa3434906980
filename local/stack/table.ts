import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import { z } from 'zod';

const keySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) })).min(1);

const index = z.object({
  IndexName: z.string(),
  KeySchema: keySchema,
  Projection: z.object({
    ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
    NonKeyAttributes: z.array(z.string()).optional(),
  }),
});

const keys = z.object({ KeySchema: keySchema, GlobalSecondaryIndexes: z.array(index).min(1).optional() });

/** What both CloudFormation and any emulator understand; the rest (backups, encryption, TTL, streams) is left out. */
const tableProperties = keys.extend({
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  BillingMode: z.literal('PAY_PER_REQUEST'),
});

/** Where to make which table: `properties` are those of an AWS::DynamoDB::Table. */
type TableRequest = { client: DynamoDBClient; tableName: string; properties: unknown };

const ACTIVE_WITHIN_MS = 10_000;

/**
 * Creates a table from its CloudFormation definition, and resolves when it takes requests. One that exists is left as
 * it is; when it was made from a definition with other keys or indexes, this throws.
 */
export async function createTable({ client, tableName, properties }: TableRequest): Promise<void> {
  const input = { TableName: tableName, ...tableProperties.parse(properties) };
  try {
    await client.send(new CreateTableCommand(input));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  const table = await activeTable(client, tableName);
  if (!isDeepStrictEqual(keysOf(table), keysOf(input))) {
    throw new Error(
      `The local table ${tableName} was made from an older serverless.yml. Delete .local to start afresh.`,
    );
  }
}

/** As at AWS, a table is still being created when CreateTable has answered, even if for a moment only. */
async function activeTable(client: DynamoDBClient, tableName: string): Promise<unknown> {
  const deadline = performance.now() + ACTIVE_WITHIN_MS;
  while (performance.now() < deadline) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    if (Table?.TableStatus === 'ACTIVE') return Table;
    await delay(5);
  }
  throw new Error(`The local table ${tableName} was never completed. Delete .local to start afresh.`);
}

function keysOf(table: unknown) {
  const { KeySchema, GlobalSecondaryIndexes = [] } = keys.parse(table);
  return { KeySchema, indexes: Object.fromEntries(GlobalSecondaryIndexes.map((found) => [found.IndexName, found])) };
}
