import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { jest } from '@jest/globals';
import { readDescription, type StackDescription, writeDescription } from '../../local/stack/detached/description.ts';
import { type UsedStack, type UseOptions, useStack } from '../../local/stack/detached/use-stack.ts';
import { isAlive } from '../../local/stack/process-life.ts';
import { PROCESSES_MS } from '../support/checkout.ts';
import { runChild } from './child.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { call } from './vapi-caller.ts';

jest.setTimeout(PROCESSES_MS);

const used: UsedStack[] = [];
const pids = new Set<number>();
afterEach(() => {
  for (const stack of used.splice(0)) stack.release();
  for (const pid of [...pids].filter(isAlive)) process.kill(pid, 'SIGKILL');
  pids.clear();
});

const describedIn = (directory: string): StackDescription => {
  const stack = readDescription(directory);
  if (!stack) throw new Error('There is no stack');
  return stack;
};

async function use(directory: string, options: Partial<UseOptions> = {}): Promise<UsedStack & { pid: number }> {
  const stack = await useStack({ directory, ...options });
  used.push(stack);
  const { pid } = describedIn(directory);
  pids.add(pid);
  return { ...stack, pid };
}

const vapiOf = ({ environment }: Pick<UsedStack, 'environment'>) => ({ url: environment.VAPI_BASE_URL ?? '' });
const isThere = async (stack: UsedStack) => (await call(vapiOf(stack), 'GET /assistant')).status === 200;

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(10);
}

it('the stack outlives the process that started it, and the next one finds it', async () => {
  const directory = temporaryDirectory();
  const first = runChild('stack-process.ts', [directory]);
  const { pid } = await first.next();
  pids.add(Number(pid));
  first.tell('enough');
  expect(await first.ended).toBe(0);
  const second = await use(directory);
  expect(second.pid).toBe(pid);
  expect(await isThere(second)).toBe(true);
});

it('of processes that ask at once, all use one stack', async () => {
  const directory = temporaryDirectory();
  const children = Array.from({ length: 4 }, () => runChild('stack-process.ts', [directory]));
  const answers = await Promise.all(children.map((child) => child.next()));
  const found = new Set(answers.map(({ pid }) => Number(pid)));
  for (const pid of found) pids.add(pid);
  expect(found.size).toBe(1);
});

it('a stack that was killed is followed by one that has its data', async () => {
  const directory = temporaryDirectory();
  const first = await use(directory);
  const made = await call(vapiOf(first), 'POST /assistant', { body: { name: 'Survivor' } });
  await writeItem(first.environment, 'survivor');
  await until(() => existsSync(join(directory, 'vapi.json')));
  process.kill(first.pid, 'SIGKILL');
  await first.gone;
  const second = await use(directory);
  expect(second.pid).not.toBe(first.pid);
  expect((await call(vapiOf(second), `GET /assistant/${made.json.id}`)).json).toEqual(made.json);
  expect(await readItem(second.environment, 'survivor')).toBe(true);
});

it.each<[string, (socket: Socket) => unknown]>([
  ['answers something else', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi')],
  ['speaks no HTTP', (socket) => socket.end('hello')],
  ['breaks the connection', (socket) => socket.resetAndDestroy()],
])(
  'a stale description, on whose port another program %s, is replaced, and that program left alone',
  async (_how, answer) => {
    const directory = temporaryDirectory();
    const stranger = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer(socket));
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const address = stranger.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    mkdirSync(directory, { recursive: true });
    // The process of this id lives: it is this one, which got the number of one that is gone.
    writeDescription(directory, { pid: process.pid, id: 'old', version: 'old', url, environment: {} });
    const stack = await use(directory);
    expect(stack.pid).not.toBe(process.pid);
    expect(await isThere(stack)).toBe(true);
    await new Promise((resolve) => stranger.close(resolve));
  },
);

it.each(['', '{"pid": 1', '[]'])('a description that is damaged (%j) is replaced', async (text) => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'stack.json'), text);
  expect(await isThere(await use(directory))).toBe(true);
});

it('a stack of another version is ended and replaced, with its data', async () => {
  const directory = temporaryDirectory();
  const first = await use(directory);
  const made = await call(vapiOf(first), 'POST /assistant', { body: { name: 'Kept' } });
  writeDescription(directory, { ...describedIn(directory), version: 'older' });
  const second = await use(directory);
  expect(second.pid).not.toBe(first.pid);
  await until(() => !isAlive(first.pid));
  expect((await call(vapiOf(second), `GET /assistant/${made.json.id}`)).json).toEqual(made.json);
});

it('a stack ends when nobody has used it for a while, not before', async () => {
  const directory = temporaryDirectory();
  const stack = await use(directory, { idleMs: 300 });
  await delay(600);
  expect(isAlive(stack.pid)).toBe(true);
  stack.release();
  await until(() => !isAlive(stack.pid));
});

it('a stack whose directory was removed ends, and a fresh one begins at once', async () => {
  const directory = temporaryDirectory();
  const first = await use(directory);
  await call(vapiOf(first), 'POST /assistant', { body: { name: 'Forgotten' } });
  // The stack may be writing a file at that moment.
  rmSync(directory, { recursive: true, maxRetries: 10, retryDelay: 20 });
  const second = await use(directory);
  expect(second.pid).not.toBe(first.pid);
  expect((await call(vapiOf(second), 'GET /assistant')).json).toEqual([]);
  await first.gone;
  await until(() => !isAlive(first.pid));
  expect(await isThere(second)).toBe(true);
});

it('a stack that hangs is named, with what to do', async () => {
  const directory = temporaryDirectory();
  const { pid } = await use(directory);
  process.kill(pid, 'SIGSTOP');
  writeDescription(directory, { ...describedIn(directory), url: 'http://127.0.0.1:9' });
  await expect(useStack({ directory, patienceMs: 300 })).rejects.toThrow(`End its process (${pid}) and try again`);
});

it('says in its log why it could not start', async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'vapi.json'), '{"version":1,');
  await expect(useStack({ directory })).rejects.toThrow('vapi.json is unreadable');
  expect(readFileSync(join(directory, 'stack.log'), 'utf8')).toContain('vapi.json is unreadable');
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
