/**
 * The measured half of `warm.ts`: the real handler, the peer and bare calls of the same SDKs, in turns, in one process.
 */
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AssistantsClient } from '@vapi-ai/server-sdk/assistants';
import type { Context } from 'aws-lambda';
import { type BareCall, changed, makeBareCalls } from './bare-calls.ts';
import { benchContext } from './context.ts';
import { configuration, httpEvent } from './events.ts';
import { measure, type Sample } from './samples.ts';

type Handler = (event: unknown, context: Context) => Promise<{ statusCode: number; body?: string }>;

interface Case {
  name: string;
  /** What is asked of ours and of the peer. */
  put: (handler: Handler) => Promise<void>;
  /** What has to be done at the very least. */
  baseline: readonly BareCall[];
  /** What the protocol does, call by call, without the code around. */
  sameCalls: readonly BareCall[];
}

const CASES: readonly Case[] = [
  {
    name: 'unchanged',
    put: (handler) => put(handler, 'bench', configuration()),
    baseline: ['getItem', 'get'],
    sameCalls: ['query', 'get'],
  },
  {
    name: 'update',
    put: (handler) => put(handler, 'bench-update', changed()),
    baseline: ['getItem', 'get', 'patch'],
    sameCalls: ['query', 'update', 'update', 'get', 'patch', 'update'],
  },
  {
    name: 'create',
    put: (handler) => put(handler, `bench-${randomUUID()}`, configuration()),
    baseline: ['getItem', 'post'],
    sameCalls: ['query', 'update', 'update', 'post', 'update'],
  },
];

const WARM_UP_ROUNDS = 4;

async function put(handler: Handler, orgId: string, body: unknown): Promise<void> {
  const event = httpEvent({ method: 'PUT', orgId, role: 'inbound', body });
  const { statusCode, body: answer } = await handler(event, benchContext());
  if (statusCode >= 300) throw new Error(`PUT answered ${statusCode}: ${answer}`);
}

async function play(bare: Record<BareCall, () => Promise<unknown>>, calls: readonly BareCall[]): Promise<void> {
  for (const call of calls) await bare[call]();
}

async function main(rounds: number, { times, ...files }: { times: number; ours: string; peer: string }) {
  const { TABLE_NAME: tableName = '', VAPI_BASE_URL: baseUrl = '' } = process.env;
  const vapi = new AssistantsClient({ token: 'local-platform-key', baseUrl, maxRetries: 0 });
  const { id } = await vapi.create(configuration());
  const bare = makeBareCalls({ dynamo: new DynamoDBClient({}), vapi, tableName, assistantId: id });
  const load = createRequire(files.ours);
  const ours: Handler = load(files.ours).handler;
  const peer: Handler = load(files.peer).handler;
  for (const handler of [ours, peer]) {
    await put(handler, 'bench', configuration());
    await put(handler, 'bench-update', configuration());
  }
  const results: Record<string, Record<string, Sample>[]> = Object.fromEntries(CASES.map(({ name }) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    for (const { name, put: ask, baseline, sameCalls } of CASES) {
      const measures = [
        { who: 'ours', act: () => ask(ours) },
        { who: 'peer', act: () => ask(peer) },
        { who: 'baseline', act: () => play(bare, baseline) },
        { who: 'sameCalls', act: () => play(bare, sameCalls) },
      ];
      // Nobody is always the first: what one leaves behind (garbage, a busy server) the next one pays for.
      const first = (round + WARM_UP_ROUNDS) % measures.length;
      const samples: Record<string, Sample> = {};
      for (const { who, act } of [...measures.slice(first), ...measures.slice(0, first)]) {
        samples[who] = await measure(times, act);
      }
      if (round >= 0) results[name]?.push(samples);
    }
  }
  return results;
}

const [rounds, times, ours = '', peer = ''] = process.argv.slice(2);
main(Number(rounds), { times: Number(times), ours, peer }).then(
  (results) => process.send?.({ results }, () => process.exit(0)),
  (error: unknown) => process.send?.({ failure: String(error) }, () => process.exit(1)),
);
