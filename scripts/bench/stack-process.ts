/**
 * The embedded stack in a process of its own, so that its work is not counted for the one that is measured. The table
 * is in DynamoDB Local, which takes a write to an indexed row as easily as any, as DynamoDB does; the embedded table
 * does not.
 */
import { startServers } from '../../local/stack/servers.ts';
import { localDefinition } from '../../local/stack/stack.ts';
import { startDynamoDbTable } from '../dynamodb-local/table.ts';
import { startDistance } from './distance.ts';
import { makeCertificate, startTlsFront } from './tls-front.ts';

/** What a request to the table, and one to Vapi, takes at least, in ms. */
const TABLE_MS = 4;
const VAPI_MS = 100;

const [directory = ''] = process.argv.slice(2);
const servers = await startServers({ definition: localDefinition() });
const table = await startDynamoDbTable(servers.environment);
const environment: Record<string, string> = {
  ...servers.environment,
  ...(table ? { AWS_ENDPOINT_URL_DYNAMODB: table.url } : {}),
};
process.on('message', (message) => {
  if (message === 'clear') {
    servers.vapi.clearRequests();
    servers.secrets.clearRequests();
    process.send?.({ cleared: true });
    return;
  }
  const vapi = servers.vapi.requests.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f-]{36}/, '{id}')}`);
  process.send?.({ vapi });
});
process.on('disconnect', async () => {
  await table?.stop();
  process.exit(0);
});
process.send?.({
  environment,
  tls: await behindTls(),
  distant: await atDistance(),
  table: table ? 'DynamoDB Local' : 'dynalite',
});

/** About as far as from a function on AWS. The secrets are remembered, so that their distance makes no difference. */
async function atDistance(): Promise<Record<string, string>> {
  return {
    ...environment,
    AWS_ENDPOINT_URL_DYNAMODB: await startDistance(environment.AWS_ENDPOINT_URL_DYNAMODB ?? '', TABLE_MS),
    VAPI_BASE_URL: await startDistance(environment.VAPI_BASE_URL ?? '', VAPI_MS),
  };
}

/** The same servers over TLS, as a function meets them on AWS: plain HTTP loads code that is never loaded there. */
async function behindTls(): Promise<Record<string, string>> {
  const files = makeCertificate(directory);
  const named = [
    'AWS_ENDPOINT_URL_DYNAMODB',
    'AWS_ENDPOINT_URL_SECRETS_MANAGER',
    'AWS_ENDPOINT_URL_SQS',
    'VAPI_BASE_URL',
  ];
  const fronts = await Promise.all(
    named.map(async (name) => [name, await startTlsFront(environment[name] ?? '', files)] as const),
  );
  return { ...environment, ...Object.fromEntries(fronts), NODE_EXTRA_CA_CERTS: files.cert };
}
