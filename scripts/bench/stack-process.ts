/** The embedded stack in a process of its own, so that its work is not counted for the one that is measured. */
import { startServers } from '../../local/stack/servers.ts';
import { localDefinition } from '../../local/stack/stack.ts';

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
process.send?.({ environment: servers.environment });
