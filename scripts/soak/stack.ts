import { join } from 'node:path';
import { type Servers, startServers } from '../../local/stack/servers.ts';
import { localDefinition } from '../../local/stack/stack.ts';
import { type FaultyConnection, startFaultyConnection } from '../../test/contracts/faulty-connection.ts';
import { bundle } from '../bench/bundle.ts';
import { startDynamoDbTable } from '../dynamodb-local/table.ts';

const CHECKOUT = join(import.meta.dirname, '../..');

/** The embedded stack, its table on DynamoDB Local where that is to be had, and a connection to it that can fail. */
interface SoakStack {
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
  const dynamo = await startDynamoDbTable(servers.environment);
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
