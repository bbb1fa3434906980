import { fork } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { bundle, bundleText, functionSources, PEER } from './bundle.ts';
import { configuration, httpEvent, taskEvent } from './events.ts';
import { makeProcessorShare } from './processor-share.ts';
import { type Comparison, compare, type Sample } from './samples.ts';
import { type BenchStack, replyOf } from './stack.ts';

/** One function's cold start against that of a bare handler with the same AWS clients. */
export interface ColdResult {
  name: string;
  bytes: number;
  bareBytes: number;
  /** Loading the bundle: what Lambda does before the first event. */
  init: Comparison;
  /** From the start of the process to the first answer; the bare handler answers without asking anybody. */
  firstAnswer: Comparison;
  /** The first answer beside that of the peer, which does the same work; for `sync` alone. */
  toPeer: Comparison | undefined;
  peerBytes: number | undefined;
  statusCode: number | null;
}

const DYNAMO = { module: '@aws-sdk/client-dynamodb', client: 'DynamoDBClient' };
const SECRETS = { module: '@aws-sdk/client-secrets-manager', client: 'SecretsManagerClient' };
const SQS = { module: '@aws-sdk/client-sqs', client: 'SQSClient' };

/** The AWS clients that a function works with; all three unless it is named here. */
const CLIENTS: Readonly<Record<string, (typeof DYNAMO)[]>> = { status: [DYNAMO] };
const ALL_CLIENTS = [DYNAMO, SECRETS, SQS];

const ORG = 'bench-cold';

/**
 * The first event of each function; one that is not named here is only loaded. It is made anew for each start: the peer
 * answers a repeated idempotency key without doing anything.
 */
const FIRST_EVENTS: Readonly<Record<string, () => unknown>> = {
  sync: () => httpEvent({ method: 'PUT', orgId: ORG, role: 'inbound', body: configuration() }),
  status: () => httpEvent({ method: 'GET', orgId: ORG, role: 'inbound' }),
  verify: () => httpEvent({ method: 'POST', orgId: ORG, suffix: '/verify' }),
  worker: () => taskEvent({ kind: 'sync-tools', orgId: ORG, role: 'inbound', operationId: 'bench' }),
};

const startSchema = z.object({
  initMs: z.number(),
  initCpuMs: z.number(),
  firstAnswerMs: z.number(),
  cpuMs: z.number(),
  statusCode: z.number().nullable(),
});

type Start = z.infer<typeof startSchema>;

/** Measures the cold start of every function, in turns with its bare counterpart, and that of `sync` with the peer. */
export async function measureCold(
  stack: BenchStack,
  options: { directory: string; rounds: number },
): Promise<ColdResult[]> {
  const starter = join(options.directory, 'cold.cjs');
  await bundle(join(import.meta.dirname, 'cold-process.ts'), starter);
  const share = makeProcessorShare();
  if (!share) console.log('A processor cannot be divided here: the first call has a whole one, and on Lambda a third.');
  const results: ColdResult[] = [];
  for (const { name, source } of functionSources()) {
    const makeEvent = FIRST_EVENTS[name];
    const start = (file: string) =>
      startOnce({ starter, file, share: share?.file ?? '', event: makeEvent?.(), environment: stack.tlsEnvironment });
    results.push(await measureFunction({ name, source, ...options, start }));
  }
  share?.remove();
  return results;
}

interface Measuring {
  name: string;
  source: string;
  directory: string;
  rounds: number;
  start: (file: string) => Promise<Start>;
}

async function measureFunction({ name, source, directory, rounds, start }: Measuring): Promise<ColdResult> {
  const file = (suffix: string) => join(directory, `${name}${suffix}.cjs`);
  const files = { ours: file(''), bare: file('-bare'), peer: file('-peer') };
  await bundle(source, files.ours);
  await bundleText(bareHandler(CLIENTS[name] ?? ALL_CLIENTS), files.bare);
  if (name === 'sync') await bundle(PEER, files.peer);
  const measured = name === 'sync' ? [files.ours, files.bare, files.peer] : [files.ours, files.bare];
  const starts = new Map<string, Start[]>(measured.map((path) => [path, []]));
  // The first one of each fills the caches of the machine, and makes the assistant that the others find.
  for (const path of measured) await start(path);
  for (let round = 0; round < rounds; round += 1) {
    for (const path of measured) starts.get(path)?.push(await start(path));
  }
  const of = (path: string) => starts.get(path) ?? [];
  const sizeOf = (path: string) => statSync(path).size;
  const isCompared = measured.includes(files.peer);
  return {
    name,
    bytes: sizeOf(files.ours),
    bareBytes: sizeOf(files.bare),
    peerBytes: isCompared ? sizeOf(files.peer) : undefined,
    toPeer: isCompared ? compare(of(files.ours).map(first), of(files.peer).map(first)) : undefined,
    ...comparisons(of(files.ours), of(files.bare)),
  };
}

function first({ firstAnswerMs, cpuMs }: Start): Sample {
  return { wallMs: firstAnswerMs, cpuMs };
}

function comparisons(ours: Start[], bare: Start[]): Pick<ColdResult, 'init' | 'firstAnswer' | 'statusCode'> {
  const init = ({ initMs, initCpuMs }: Start): Sample => ({ wallMs: initMs, cpuMs: initCpuMs });
  return {
    init: compare(ours.map(init), bare.map(init)),
    firstAnswer: compare(ours.map(first), bare.map(first)),
    statusCode: ours[0]?.statusCode ?? null,
  };
}

/** Makes the clients with our bounds on their waits, and answers. */
function bareHandler(clients: readonly (typeof DYNAMO)[]): string {
  const imports = clients.map(({ module, client }) => `import { ${client} } from '${module}';`);
  const options = `{ requestHandler: { connectionTimeout: 1000, requestTimeout: 3000 }, maxAttempts: 3 }`;
  const made = clients.map(({ client }) => `new ${client}(${options})`);
  return `${imports.join('\n')}
export const clients = [${made.join(', ')}];
export const handler = async () => ({ statusCode: 200, headers: {} });
`;
}

interface StartRequest {
  starter: string;
  file: string;
  /** Of the processor, after the init (`ProcessorShare.file`); empty: all of it. */
  share: string;
  event: unknown;
  environment: Record<string, string>;
}

async function startOnce({ starter, file, share, event, environment }: StartRequest): Promise<Start> {
  const args = event === undefined ? [file, share] : [file, share, JSON.stringify(event)];
  const child = fork(starter, args, { env: environment, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const exited = once(child, 'exit');
  const start = await replyOf(child, startSchema);
  // Its share of the processor can be removed when it is gone.
  await exited;
  return start;
}
