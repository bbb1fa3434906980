import { join } from 'node:path';
import type { Servers } from './servers.ts';
import { readServiceDefinition, type ServiceDefinition } from './service-definition.ts';
import { openSharedStack, type SharedStack, type SharedStackOptions } from './shared-stack.ts';

const CHECKOUT = join(import.meta.dirname, '../..');

/** A persistent stack keeps its data in a directory, `.local` of the checkout unless told. */
export type PersistentOptions = { persistent: true } & Partial<Omit<SharedStackOptions, 'definition'>>;

/**
 * Starts the embedded stack: in memory and for this process alone, or persistent and shared by every process that works
 * on the same directory.
 */
export function startStack(options: { persistent: false }): Promise<Servers>;
export function startStack(options: PersistentOptions): Promise<SharedStack>;
export async function startStack(options: { persistent: false } | PersistentOptions): Promise<Servers | SharedStack> {
  const definition = localDefinition();
  if (!options.persistent) {
    const { startServers } = await import('./servers.ts');
    return startServers({ definition });
  }
  return openSharedStack({ directory: join(CHECKOUT, '.local'), ...options, definition });
}

/** serverless.yml for the stage `local`. */
export function localDefinition(): ServiceDefinition {
  return readServiceDefinition(join(CHECKOUT, 'serverless.yml'));
}
