import { startServers } from '../../local/stack/servers.ts';
import { localDefinition } from '../../local/stack/stack.ts';

/** The embedded stack in a process of its own: its memory is not the worker's. */
process.on('disconnect', () => process.exit());
const { environment } = await startServers({ definition: localDefinition() });
process.send?.({ environment });
