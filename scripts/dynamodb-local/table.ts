import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Environment } from '../../local/stack/servers.ts';
import { localDefinition } from '../../local/stack/stack.ts';
import { createTable } from '../../local/stack/table.ts';
import { fetchDynamoDbLocal, NotFetchedError } from './fetch.ts';
import { type DynamoDbLocal, startDynamoDbLocal } from './start.ts';

const CHECKOUT = join(import.meta.dirname, '../..');

/**
 * Starts DynamoDB Local with the table of the service, empty, for the credentials of the environment. Undefined, having
 * said so, where it cannot be fetched or run: the embedded table takes its place.
 */
export async function startDynamoDbTable(environment: Environment): Promise<DynamoDbLocal | undefined> {
  const server = await started();
  if (!server) return undefined;
  const { tableName, region, resources } = localDefinition();
  const credentials = {
    accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
  };
  const client = new DynamoDBClient({ endpoint: server.url, region, credentials });
  try {
    await createTable({ client, tableName, properties: resources.Table?.Properties });
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  } finally {
    client.destroy();
  }
}

async function started(): Promise<DynamoDbLocal | undefined> {
  try {
    return await startDynamoDbLocal(await fetchDynamoDbLocal(join(CHECKOUT, '.local', 'dynamodb-local')));
  } catch (error) {
    if (!(error instanceof NotFetchedError) && !String(error).includes('DynamoDB Local ended')) throw error;
    console.log(`The embedded table takes the place of DynamoDB Local: ${String(error)}`);
    return undefined;
  }
}
