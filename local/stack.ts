import { join } from 'node:path';
import { type Servers, startServers } from './servers.ts';
import { readServiceDefinition } from './service-definition.ts';

/** The embedded stack with everything in this process, in memory. */
export async function startStack(_options: { persistent: false }): Promise<Servers> {
  return startServers({ definition: readServiceDefinition(join(import.meta.dirname, '../serverless.yml')) });
}
