/**
 * Runs the packaged functions in processes of their own for as long as asked, on the embedded stack with DynamoDB
 * Local: random operations, faults of Vapi, the table and the secrets, and SIGKILLs. Then faults end, each caller asks
 * once more, and everything must be well: one assistant or none, as it was asked for last, and nothing of ours besides.
 *
 *     npm run soak -- --minutes 30 [--seed 7]
 *
 * The seed decides what is asked, what fails and what is killed, in which order; how it interleaves is up to the
 * machine. Exit code 1 when an invariant is broken, with the line to run it again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { QueueWorker } from '../local/stack/queue-worker.ts';
import { Caller, type Tally } from './soak/caller.ts';
import { Chance } from './soak/chance.ts';
import { Environment } from './soak/environment.ts';
import { breakSomething, mendEverything } from './soak/faults.ts';
import { brokenInvariants } from './soak/invariants.ts';
import { KEYS } from './soak/operations.ts';
import { startSoakStack } from './soak/stack.ts';

const API_MS = 29_000;
const WORKER_MS = 120_000;
/** Between two faults, at most. */
const PEACE_MS = 2_500;

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? 30);
const seed = Number(values.seed ?? Date.now() % 1_000_000);

async function main(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'vapi-sync-soak-'));
  const stack = await startSoakStack(directory);
  const chance = new Chance(seed);
  const tally: Tally = new Map();
  const { variables, files, servers, table } = stack;
  const count = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1);
  const environmentOf = (file: string, timeoutMs: number) => new Environment({ file, variables, timeoutMs });
  const worker = environmentOf(files.worker, WORKER_MS);
  const queue = new QueueWorker({ environment: variables, worker: async (event) => await workerAnswer(worker, event) });
  // Two callers of each assistant, so that they race.
  const callers = KEYS.flatMap((key) =>
    ['first', 'second'].map((name) => {
      const environment = environmentOf(files.sync, API_MS);
      return new Caller({ key, environment, count, chance: chance.fork(`${name} ${key.orgId} ${key.role}`) });
    }),
  );
  const breakable = {
    vapi: servers.vapi,
    secrets: servers.secrets,
    table,
    environments: [worker, ...callers.map(({ environment }) => environment)],
  };
  try {
    console.log(`seed ${seed}, ${minutes} minutes, ${stack.tableKind}, ${callers.length} callers`);
    const foreign = servers.vapi.seed({ account: PLATFORM_ACCOUNT, body: { name: 'of somebody else' } });
    void queue.run();
    const ends = Date.now() + minutes * 60_000;
    const breaking = breakUntil(ends, async () => {
      count(breakSomething(chance, breakable));
      await sleep(chance.number(PEACE_MS));
    });
    await Promise.all([breaking, ...callers.map((caller) => caller.askUntil(ends))]);
    mendEverything(breakable);
    const status = environmentOf(files.status, API_MS);
    const broken = await brokenInvariants({ callers, vapi: servers.vapi, status, foreign });
    status.stop();
    print(tally, broken);
    return broken.length === 0 ? 0 : 1;
  } finally {
    queue.stop();
    for (const { environment } of callers) environment.stop();
    worker.stop();
    await stack.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

const PLATFORM_ACCOUNT = '0a0a0a0a-0000-4000-8000-000000000001';

async function breakUntil(ends: number, act: () => Promise<void>): Promise<void> {
  while (Date.now() < ends) await act();
}

/** A worker that dies leaves its messages to come back. */
async function workerAnswer(
  worker: Environment,
  event: unknown,
): Promise<{ batchItemFailures: { itemIdentifier: string }[] }> {
  const invoked = await worker.invoke(event);
  if (invoked.kind !== 'answered') throw new Error('the worker has ended');
  const { batchItemFailures = [] } = Object(invoked.answer);
  return { batchItemFailures };
}

function print(tally: Tally, broken: readonly string[]): void {
  for (const [what, times] of [...tally].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(`${String(times).padStart(7)}  ${what}`);
  }
  for (const what of broken) console.log(`BROKEN: ${what}`);
  console.log(`${broken.length} broken; again with: npm run soak -- --minutes ${minutes} --seed ${seed}`);
}

process.exitCode = await main();
