import { join } from 'node:path';
import type { Servers } from './servers.ts';
import { readServiceDefinition, type ServiceDefinition } from './service-definition.ts';

const CHECKOUT = join(import.meta.dirname, '../..');

/** Starts the embedded stack in memory, for this process alone. `detached/use-stack.ts` starts one that persists. */
export async function startStack(): Promise<Servers> {
  const { startServers } = await import('./servers.ts');
  return await startServers({ definition: localDefinition() });
}

/** serverless.yml for the stage `local`. */
export function localDefinition(): ServiceDefinition {
  return readServiceDefinition(join(CHECKOUT, 'serverless.yml'));
}
