import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bind } from '../../local/stack/http-server.ts';

/** DynamoDB Local, running. */
export interface DynamoDbLocal {
  url: string;
  stop(): Promise<void>;
}

const START_MS = 60_000;
const LOOK_EVERY_MS = 100;

/**
 * Starts DynamoDB Local from its directory, in memory, on a free port. It ends with `stop`, and with this process
 * however that ends. Throws when it does not answer within a minute.
 */
export async function startDynamoDbLocal(directory: string): Promise<DynamoDbLocal> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(process.execPath, [join(import.meta.dirname, '../end-with-parent.ts'), ...javaCommand(port)], {
    cwd: directory,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const stop = async () => {
    if (server.exitCode !== null) return;
    const exited = once(server, 'exit');
    server.stdin?.end();
    await exited;
  };
  try {
    await answers(url, server);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function javaCommand(port: number): string[] {
  const options = ['-Xmx512m', '-Djava.library.path=./DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar'];
  return ['java', ...options, '-inMemory', '-disableTelemetry', '-port', String(port)];
}

/** It takes no port 0 itself. */
async function freePort(): Promise<number> {
  const probe = createServer();
  const port = await bind(probe);
  probe.close();
  await once(probe, 'close');
  return port;
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    if (server.exitCode !== null) throw new Error(`DynamoDB Local ended at its start with code ${server.exitCode}`);
    // Any answer will do, and it is a refusal: the request is not signed.
    if (await fetch(url).then(Boolean, () => false)) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`DynamoDB Local does not answer within ${START_MS / 1000} s`);
}
