/** The embedded stack in a process of its own, so that its work is not counted for the one that is measured. */
import { startServers } from '../../local/stack/servers.ts';
import { localDefinition } from '../../local/stack/stack.ts';
import { makeCertificate, startTlsFront } from './tls-front.ts';

const [directory = ''] = process.argv.slice(2);
const servers = await startServers({ definition: localDefinition() });
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
process.on('disconnect', () => process.exit(0));
process.send?.({ environment: servers.environment, tls: await behindTls() });

/** The same servers over TLS, as a function meets them on AWS: plain HTTP loads code that is never loaded there. */
async function behindTls(): Promise<Record<string, string>> {
  const files = makeCertificate(directory);
  const { environment } = servers;
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
