import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Servers, startServers } from '../../local/stack/servers.ts';
import { localDefinition } from '../../local/stack/stack.ts';
import { createTable } from '../../local/stack/table.ts';
import { type FaultyConnection, startFaultyConnection } from '../../test/contracts/faulty-connection.ts';
import { bundle } from '../bench/bundle.ts';
import { fetchDynamoDbLocal, NotFetchedError } from '../dynamodb-local/fetch.ts';
import { type DynamoDbLocal, startDynamoDbLocal } from '../dynamodb-local/start.ts';

const CHECKOUT = join(import.meta.dirname, '../..');

/** The embedded stack, its table on DynamoDB Local where that is to be had, and a connection to it that can fail. */
export interface SoakStack {
  servers: Servers;
  table: FaultyConnection;
  tableKind: 'DynamoDB Local' | 'dynalite';
  /** Of a function's process. */
  variables: Record<string, string>;
  /** Bundles of functions as they are deployed, by name. */
  files: { sync: string; status: string; worker: string };
  close(): Promise<void>;
}

export async function startSoakStack(directory: string): Promise<SoakStack> {
  const servers = await startServers({ definition: localDefinition() });
  const dynamo = await startTable(servers);
  const endpoint = dynamo?.url ?? servers.environment.AWS_ENDPOINT_URL_DYNAMODB ?? '';
  const table = await startFaultyConnection(endpoint);
  const files = {
    sync: await packaged(directory, 'sync'),
    status: await packaged(directory, 'status'),
    worker: await packaged(directory, 'worker'),
  };
  return {
    servers,
    table,
    tableKind: dynamo ? 'DynamoDB Local' : 'dynalite',
    variables: {
      PATH: process.env.PATH ?? '',
      ...SETTINGS,
      ...servers.environment,
      AWS_ENDPOINT_URL_DYNAMODB: table.url,
    },
    files,
    close: async () => {
      await table.close();
      await servers.close();
      await dynamo?.stop();
    },
  };
}

/** As serverless.yml sets them, without traces: there is no X-Ray here. */
const SETTINGS = {
  DEPLOYMENT_ID: 'vapi-sync-soak',
  POWERTOOLS_SERVICE_NAME: 'vapi-sync',
  POWERTOOLS_METRICS_NAMESPACE: 'VapiSync',
  POWERTOOLS_TRACE_ENABLED: 'false',
  LOG_LEVEL: 'ERROR',
};

async function packaged(directory: string, name: string): Promise<string> {
  const file = join(directory, `${name}.cjs`);
  await bundle(join(CHECKOUT, 'src/handlers', `${name}.ts`), file);
  return file;
}

/** Undefined, having said so, where DynamoDB Local cannot be fetched or run: the embedded table takes its place. */
async function startTable({ environment }: Servers): Promise<DynamoDbLocal | undefined> {
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
