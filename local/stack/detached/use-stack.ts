import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { type ClientRequest, get, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Environment } from '../servers.ts';
import { readDescription, type StackDescription, versionOfStack } from './description.ts';

/** The stack of a directory, which runs in a process of its own. */
export interface UsedStack {
  environment: Environment;
  /** Resolves when the stack ends before it was released. */
  gone: Promise<void>;
  /** Releases the stack; it stays for a while for the next user. */
  release(): void;
}

export interface UseOptions {
  /** The directory of the data and of the description of the stack. */
  directory: string;
  /** False leaves out every seeded key. */
  hasKeys?: boolean;
  /** How long the stack lives without a user, in ms. */
  idleMs?: number;
  /** How long to wait for the stack, in ms. */
  patienceMs?: number;
}

const IDLE_MS = 10 * 60_000;
const PATIENCE_MS = 60_000;
const PAUSE_MS = 50;

/**
 * Uses the stack that runs for a directory, or starts it: one for all processes, however many ask at once. A stack of
 * another version is replaced. The stack outlives this process. Throws when it cannot be started; `code` is that of the
 * system.
 */
export async function useStack(options: UseOptions): Promise<UsedStack> {
  const { directory, hasKeys = true, patienceMs = PATIENCE_MS } = options;
  const version = versionOfStack(hasKeys);
  const until = performance.now() + patienceMs;
  // Below the directory, so that a file in its place is told from a directory that is there.
  mkdirSync(join(directory, 'lock'), { recursive: true });
  while (performance.now() < until) {
    const stack = readDescription(directory);
    const connection = stack && (await connect(stack));
    if (connection && stack.version === version) return used(stack, connection);
    if (connection) await replace(stack, connection);
    if ((await startProcess({ ...options, hasKeys })) === 'busy') await delay(PAUSE_MS);
  }
  const pid = readDescription(directory)?.pid;
  throw new Error(
    `The local stack of ${directory} does not answer. End its process${pid ? ` (${pid})` : ''} and try again.`,
  );
}

function used({ environment }: StackDescription, connection: ClientRequest): UsedStack {
  const gone = Promise.withResolvers<void>();
  connection.once('close', () => gone.resolve());
  return {
    environment,
    gone: gone.promise,
    release: () => {
      connection.removeAllListeners('close');
      connection.destroy();
    },
  };
}

/**
 * A connection that stays open; undefined when nobody, or another process, answers there. It keeps no process alive.
 */
async function connect({ url, id }: StackDescription): Promise<ClientRequest | undefined> {
  const connection = get(`${url}/${id}`, { agent: false });
  connection.setTimeout(5_000, () => connection.destroy());
  const answer = new Promise<string>((resolve) => {
    connection.once('response', (response) =>
      response.once('data', (chunk) => resolve(String(chunk))).once('close', () => resolve('')),
    );
    connection.once('error', () => resolve(''));
    connection.once('close', () => resolve(''));
  });
  if ((await answer) !== id) {
    connection.destroy();
    return undefined;
  }
  connection.on('error', () => {});
  connection.setTimeout(0);
  connection.socket?.unref();
  return connection;
}

/** Ends a stack of another version. Resolves when it is gone. */
async function replace({ url, id }: StackDescription, connection: ClientRequest): Promise<void> {
  const ended = once(connection, 'close');
  connection.socket?.ref();
  request(`${url}/${id}/stop`, { method: 'POST', agent: false })
    .on('error', () => {})
    .end();
  await ended;
}

const message = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['ready', 'busy']) }),
  z.object({ kind: z.literal('failed'), message: z.string(), code: z.string().optional() }),
]);

/** Starts the process. `busy`: another process holds the directory, and is starting or ending. */
async function startProcess({ directory, hasKeys, idleMs }: UseOptions): Promise<'ready' | 'busy'> {
  const log = openSync(join(directory, 'stack.log'), 'a');
  const life = idleMs ?? (Number(process.env.LOCAL_STACK_IDLE_MS) || IDLE_MS);
  const parameters = JSON.stringify({ directory, hasKeys, idleMs: life });
  const program = join(import.meta.dirname, 'process.ts');
  const child = spawn(process.execPath, ['--no-warnings', program, parameters], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    // Not those of a test runner or a debugger.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  closeSync(log);
  const said = await new Promise<unknown>((resolve) => {
    child.once('message', resolve);
    child.once('error', (error) => resolve({ kind: 'failed', message: error.message }));
    child.once('exit', (code) => resolve({ kind: 'failed', message: `it ended with ${code}; stack.log says why` }));
  });
  if (child.connected) child.disconnect();
  child.unref();
  const told = message.parse(said);
  if (told.kind !== 'failed') return told.kind;
  throw Object.assign(new Error(`The local stack could not be started: ${told.message}`), { code: told.code });
}
