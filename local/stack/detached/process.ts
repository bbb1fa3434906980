/**
 * The process of a persistent local stack. `useStack` starts it. It serves whoever uses the stack, and ends by itself
 * when nobody has used it for a while, when it is told to, or when its directory is gone.
 */
import { randomUUID } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { z } from 'zod';
import { listen } from '../http-server.ts';
import { startServers } from '../servers.ts';
import { localDefinition } from '../stack.ts';
import { readDescription, versionOfStack, writeDescription } from './description.ts';

const parameters = z.object({ directory: z.string(), hasKeys: z.boolean(), idleMs: z.number() });

/** How often the process checks that its directory still exists, in ms. */
const LOOK_MS = 500;

const { directory, hasKeys, idleMs } = parameters.parse(JSON.parse(process.argv[2] ?? ''));
const id = randomUUID();

/** A lock of the operating system, which ends with the process, however that ends. */
const lock = new ClassicLevel(join(directory, 'lock'));
try {
  await lock.open();
} catch (error) {
  tell({ kind: isLocked(error) ? 'busy' : 'failed', ...wordsOf(error) });
  process.exit(1);
}
try {
  await serve();
  tell({ kind: 'ready' });
} catch (error) {
  console.error(error);
  tell({ kind: 'failed', ...wordsOf(error) });
  process.exit(1);
}

async function serve(): Promise<void> {
  const servers = await startServers({ definition: localDefinition(), directory, hasKeys });
  const end = () => servers.close().finally(() => process.exit(0));
  const identity = await listen(identify(endWhenIdle(end), end));
  const version = versionOfStack(hasKeys);
  const { environment } = servers;
  writeDescription(directory, { pid: process.pid, id, version, url: identity.url, environment });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  // Whoever removed the directory wants to start over: what this process holds in memory must not come back.
  setInterval(() => {
    if (readDescription(directory)?.id !== id) process.exit(0);
  }, LOOK_MS);
}

/** Answers with the id of the stack, on a connection that stays open as long as the use lasts. */
function identify(admit: (user: ServerResponse) => void, end: () => void): RequestListener {
  return ({ method, url }, response) => {
    if (method === 'GET' && url === `/${id}`) return admit(response);
    const isToEnd = method === 'POST' && url === `/${id}/stop`;
    response.writeHead(isToEnd ? 202 : 404).end(() => {
      if (isToEnd) end();
    });
  };
}

/** Counts users; ends the process when there was none for a while. */
function endWhenIdle(end: () => void): (user: ServerResponse) => void {
  let users = 0;
  let idle = setTimeout(end, idleMs);
  return (user) => {
    users += 1;
    clearTimeout(idle);
    user.once('close', () => {
      users -= 1;
      if (users === 0) idle = setTimeout(end, idleMs);
    });
    user.writeHead(200, { 'content-type': 'text/plain' }).write(id);
  };
}

/** The process that started this one may have ended meanwhile. */
function tell(message: object): void {
  process.send?.(message, () => {});
}

function isLocked(error: unknown): boolean {
  const cause = Error.isError(error) ? error.cause : undefined;
  return Error.isError(cause) && 'code' in cause && cause.code === 'LEVEL_LOCKED';
}

/** The messages of an error and its causes, and the code of the innermost that has one. */
function wordsOf(error: unknown): { message: string; code?: string | undefined } {
  const chain: Error[] = [];
  for (let at: unknown = error; Error.isError(at); at = at.cause) chain.push(at);
  const codes = chain.map((at) => ('code' in at && typeof at.code === 'string' ? at.code : undefined));
  return { message: chain.map((at) => at.message).join(': '), code: codes.findLast((code) => code !== undefined) };
}
