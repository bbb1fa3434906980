import { existsSync, readdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { readLock, takeLock } from '../../local/stack/generation-lock.ts';
import type { SharedStack } from '../../local/stack/shared-stack.ts';
import { startStack } from '../../local/stack/stack.ts';
import { PROCESSES_MS } from '../support/checkout.ts';
import { type Child, runChild } from './child.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { call } from './vapi-caller.ts';

/** No process has this id: it is above every limit. */
const NOBODY = 99_999_999;

const joined = z.object({ isOwner: z.boolean(), environment: z.record(z.string(), z.string()) });

const joinIn = (directory: string, kind = 'command') => runChild('stack-process.ts', [directory, kind]);
const own = (directory: string, more = {}) => startStack({ persistent: true, directory, ...more });
const joinedBy = async (child: Child) => joined.parse(await child.next());
const vapiOf = ({ environment }: Pick<SharedStack, 'environment'>) => ({ url: environment.VAPI_BASE_URL ?? '' });

/** A port on which nothing listens any more. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

it(
  'a second process finds the stack, and the owner waits for it before it ends',
  async () => {
    const directory = temporaryDirectory();
    const owner = await own(directory);
    const user = joinIn(directory);
    expect(await joinedBy(user)).toEqual({ isOwner: false, environment: owner.environment });
    expect(readdirSync(directory)).toContain('stack.json');

    let hasClosed = false;
    const closing = owner.close().then(() => {
      hasClosed = true;
    });
    expect((await call(vapiOf(owner), 'GET /assistant')).status).toBe(200);
    expect(hasClosed).toBe(false);
    user.tell('close');
    await closing;
    expect(await user.ended).toBe(0);
    await expect(call(vapiOf(owner), 'GET /assistant')).rejects.toThrow('fetch failed');
    expect(existsSync(join(directory, 'stack.json'))).toBe(false);
  },
  PROCESSES_MS,
);

it(
  'a user that is killed does not hold the owner back',
  async () => {
    const directory = temporaryDirectory();
    const owner = await own(directory);
    const user = joinIn(directory);
    await joinedBy(user);
    const closing = owner.close();
    user.kill('SIGKILL');
    await expect(closing).resolves.toBeUndefined();
  },
  PROCESSES_MS,
);

it(
  'the patience of an owner ends',
  async () => {
    const directory = temporaryDirectory();
    const waits: string[] = [];
    const owner = await own(directory, { patienceMs: 50, onWait: (reason: string) => waits.push(reason) });
    const user = joinIn(directory);
    await joinedBy(user);
    await owner.close();
    expect(waits).toEqual(['Waiting for 1 other process(es) that use this local stack']);
    expect(user.hasEnded()).toBe(false);
  },
  PROCESSES_MS,
);

it(
  'a killed owner leaves its data and its place to the next',
  async () => {
    const directory = temporaryDirectory();
    const first = joinIn(directory);
    const { environment } = await joinedBy(first);
    const made = await call(vapiOf({ environment }), 'POST /assistant', { body: { name: 'Survivor' } });
    await writeItem(environment, 'survivor');
    while (!existsSync(join(directory, 'vapi.json'))) await new Promise(setImmediate);
    first.kill('SIGKILL');
    await first.ended;

    const second = await own(directory);
    expect(second.servers).toBeDefined();
    expect((await call(vapiOf(second), `GET /assistant/${made.json.id}`)).json).toEqual(made.json);
    expect(await readItem(second.environment, 'survivor')).toBe(true);
    await second.close();
  },
  PROCESSES_MS,
);

it(
  'of processes that start at once, after an owner that was killed, one owns the stack and all use it',
  async () => {
    const directory = temporaryDirectory();
    takeLock(directory, 0, { port: await deadPort(), pid: NOBODY });
    const children = Array.from({ length: 4 }, () => joinIn(directory));
    const results = await Promise.all(children.map(joinedBy));
    expect(results.filter(({ isOwner }) => isOwner)).toHaveLength(1);
    expect(new Set(results.map(({ environment }) => environment.VAPI_BASE_URL)).size).toBe(1);
    for (const child of children) child.tell('close');
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0, 0]);
  },
  PROCESSES_MS,
);

it(
  'a process that serves does not rely on a command, but waits and starts its own',
  async () => {
    const directory = temporaryDirectory();
    const command = await own(directory);
    const service = joinIn(directory, 'service');
    expect(await service.next()).toEqual({ waiting: `Waiting for process ${process.pid} to end its local stack` });
    await command.close();
    expect(await joinedBy(service)).toMatchObject({ isOwner: true });
    const another = joinIn(directory, 'service');
    expect(await joinedBy(another)).toMatchObject({ isOwner: false });
  },
  PROCESSES_MS,
);

it.each<[string, (socket: Socket) => unknown]>([
  ['answers something else', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['breaks the connection', (socket) => socket.resetAndDestroy()],
])('another program on the port of a dead owner, which %s, is not taken for the owner', async (_how, answer) => {
  const directory = temporaryDirectory();
  const stranger = createServer(answer);
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const address = stranger.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  takeLock(directory, 0, { port, pid: NOBODY });
  const stack = await own(directory);
  expect(stack.servers).toBeDefined();
  await stack.close();
  expect(readLock(directory)?.port).toBe(0);
  await new Promise((resolve) => stranger.close(resolve));
});

function clientOf(environment: Record<string, string>): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: environment.AWS_ENDPOINT_URL_DYNAMODB ?? '',
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}

async function writeItem(environment: Record<string, string>, pk: string): Promise<void> {
  const client = clientOf(environment);
  await client.send(new PutItemCommand({ TableName: 'vapi-sync-local', Item: { pk: { S: pk }, sk: { S: 'x' } } }));
  client.destroy();
}

async function readItem(environment: Record<string, string>, pk: string): Promise<boolean> {
  const client = clientOf(environment);
  const key = { TableName: 'vapi-sync-local', Key: { pk: { S: pk }, sk: { S: 'x' } } };
  const { Item } = await client.send(new GetItemCommand(key));
  client.destroy();
  return Item !== undefined;
}
