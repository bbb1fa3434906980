import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { type ListeningServer, listenOn } from '../../local/stack/http-server.ts';
import { localDefinition } from '../../local/stack/stack.ts';
import { createTable } from '../../local/stack/table.ts';
import { type FaultyConnection, startFaultyConnection } from './faulty-connection.ts';
import { clientOf } from './table-client.ts';

/** A fresh table of the service, reached directly and over a connection that can be made to fail. */
export interface ContractTable {
  url: string;
  name: string;
  client: DynamoDBClient;
  connection: FaultyConnection;
  /**
   * A new client that reaches the table over `connection`, with the service's three attempts and short waits. New, as
   * the SDK stops to retry when a client has seen too many faults. `patienceMs` is how long it waits for an answer:
   * long, unless told, so that on a busy machine no fault comes on top of the planned one.
   */
  faultyClient(patienceMs?: number): DynamoDBClient;
  close(): Promise<void>;
}

/** Makes the table of serverless.yml under a new name at a DynamoDB endpoint. */
export async function makeContractTable(url: string): Promise<ContractTable> {
  const name = `contract-${randomUUID()}`;
  const client = clientOf(url);
  const connection = await startFaultyConnection(url);
  const clients = [client];
  await createTable({ client, tableName: name, properties: localDefinition().resources.Table?.Properties });
  return {
    url,
    name,
    client,
    connection,
    faultyClient: (patienceMs = 10_000) => {
      const faulty = clientOf(connection.url, {
        maxAttempts: 3,
        requestHandler: { requestTimeout: patienceMs, throwOnRequestTimeout: true },
      });
      clients.push(faulty);
      return faulty;
    },
    close: async () => {
      for (const open of clients) open.destroy();
      await connection.close();
    },
  };
}

/** The embedded DynamoDB, in memory. */
export async function startDynalite(): Promise<ListeningServer> {
  return await listenOn(dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }), 0);
}
