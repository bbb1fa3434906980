import { CreateTableCommand, type DynamoDBClient, ResourceInUseException } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';

const keySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) })).min(1);

/** What both CloudFormation and any emulator understand; the rest (backups, encryption, TTL, streams) is left out. */
const tableProperties = z.object({
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  KeySchema: keySchema,
  BillingMode: z.literal('PAY_PER_REQUEST'),
  GlobalSecondaryIndexes: z
    .array(
      z.object({
        IndexName: z.string(),
        KeySchema: keySchema,
        Projection: z.object({
          ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
          NonKeyAttributes: z.array(z.string()).optional(),
        }),
      }),
    )
    .min(1)
    .optional(),
});

/** Where to make which table: `properties` are those of an AWS::DynamoDB::Table. */
export type TableRequest = { client: DynamoDBClient; tableName: string; properties: unknown };

/** Creates a table from its CloudFormation definition; one that exists is left as it is. */
export async function createTable({ client, tableName, properties }: TableRequest): Promise<void> {
  const input = { TableName: tableName, ...tableProperties.parse(properties) };
  try {
    await client.send(new CreateTableCommand(input));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}
