import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { type BusStandIn, startBus } from '../events/server.ts';
import { serveStream, TableStream } from '../events/stream.ts';
import { type SecretsStandIn, startSecrets } from '../secrets/server.ts';
import { startVapi } from '../vapi/server.ts';
import type { VapiStandIn } from '../vapi/stand-in.ts';
import { type ListeningServer, listenOn } from './http-server.ts';
import { type QueueServer, startQueues } from './queues.ts';
import { seedOrganisations, seedSecrets } from './seed.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { createTable } from './table.ts';

/** The environment for users of the stack. */
export type Environment = Record<string, string>;

/** The four servers of the embedded stack, running in this process. */
export type Servers = {
  environment: Environment;
  vapi: VapiStandIn;
  secrets: SecretsStandIn;
  queues: QueueServer;
  bus: BusStandIn;
  /** The writes that `announce` is told. */
  stream: TableStream;
  /** Writes unwritten data to disk, synchronously: for a process that must end at once. */
  flush(): void;
  close(): Promise<void>;
};

/** `directory` keeps the data; without one it lives in memory. `hasKeys` false leaves out every seeded key. */
type ServersOptions = { definition: ServiceDefinition; directory?: string; hasKeys?: boolean };

/** Starts all servers in parallel on free ports of 127.0.0.1, with table, queues and seeds in place. */
export async function startServers({ definition, directory, hasKeys = true }: ServersOptions): Promise<Servers> {
  const file = (name: string) => (directory ? { file: join(directory, name) } : {});
  const stream = new TableStream();
  const [table, queues, secrets, vapi, bus, reader] = await allOrNone(
    startTable(definition, { path: directory && join(directory, 'dynamodb'), stream }),
    startQueues(definition),
    startSecrets(file('secrets.json')),
    startVapi(file('vapi.json')),
    startBus(file('events.jsonl')),
    serveStream(stream),
  );
  if (hasKeys) seedSecrets(secrets, definition);
  return {
    environment: {
      ...fakeAws(definition.region),
      AWS_ENDPOINT_URL_DYNAMODB: table.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      AWS_ENDPOINT_URL_SQS: queues.url,
      AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url,
      LOCAL_STREAM_URL: reader.url,
      TASK_QUEUE_URL: queues.queueUrl('TaskQueue'),
      VAPI_BASE_URL: vapi.url,
      TABLE_NAME: definition.tableName,
      SECRET_PREFIX: definition.secretPrefix,
    },
    vapi,
    secrets,
    queues,
    bus,
    stream,
    flush: () => {
      vapi.flush();
      secrets.flush();
    },
    close: () => closeAll([vapi, secrets, queues, bus, reader, table]),
  };
}

type Closable = { close(): Promise<void> };

/** When one server fails to start, the others are closed: a server left behind would keep the process alive. */
async function allOrNone<T extends Closable[]>(...starting: { [I in keyof T]: Promise<T[I]> }): Promise<T> {
  const settled = await Promise.allSettled(starting);
  if (settled.some(({ status }) => status === 'rejected')) {
    await closeAll(settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
  }
  return Promise.all(starting);
}

async function closeAll(servers: Closable[]): Promise<void> {
  await Promise.all(servers.map((server) => server.close()));
}

/** Credentials that no AWS account has, for SDK clients that talk to the stack. */
function fakeAws(region: string): Environment {
  return { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: region };
}

async function startTable(
  definition: ServiceDefinition,
  { path, stream }: { path: string | undefined; stream: TableStream },
): Promise<ListeningServer> {
  const options = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 };
  const emulator = dynalite(path ? { ...options, path } : options);
  const server = await listenOn(emulator, 0);
  stream.watch(emulator, () => server.url);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint: server.url, region: definition.region, credentials });
  try {
    await createTable({ client, tableName: definition.tableName, properties: definition.resources.Table?.Properties });
    await seedOrganisations(client, definition);
    return server;
  } catch (error) {
    await server.close();
    throw error;
  } finally {
    client.destroy();
  }
}
