import { ConditionalCheckFailedException, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { SecretsStandIn } from '../secrets/server.ts';
import type { ServiceDefinition } from './service-definition.ts';

/** The organisation with a key of its own, and the one that uses the platform's. */
export const SEEDED_ORGS = { ownKey: 'acme', platformKey: 'globex' } as const;

/** The secrets of a fresh stack, by name. */
export function seedSecrets(secrets: SecretsStandIn, { secretPrefix }: ServiceDefinition): void {
  const wanted = {
    [`${secretPrefix}/platform`]: { apiKey: 'local-platform-key' },
    [`${secretPrefix}/orgs/${SEEDED_ORGS.ownKey}`]: { apiKey: 'local-acme-key' },
    // With it, verification tries the case of an own key too.
    [`${secretPrefix}/orgs/verify-own-key`]: { apiKey: 'local-acme-key' },
  };
  const missing = Object.entries(wanted).filter(([name]) => !secrets.names().includes(name));
  for (const [name, value] of missing) secrets.put(name, value);
}

/** The organisation records of a fresh stack; records that are there stay as they are. */
export async function seedOrganisations(client: DynamoDBClient, { tableName }: ServiceDefinition): Promise<void> {
  await Promise.all(Object.values(SEEDED_ORGS).map((orgId) => seedOrganisation(client, tableName, orgId)));
}

async function seedOrganisation(client: DynamoDBClient, tableName: string, orgId: string): Promise<void> {
  const item = { pk: { S: `ORG#${orgId}` }, sk: { S: 'PROFILE' } };
  const command = new PutItemCommand({
    TableName: tableName,
    Item: item,
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  try {
    await client.send(command);
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
