import { fork } from 'node:child_process';
import { once } from 'node:events';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { countUnits } from '../local/stack/counted-table.ts';
import { QueueWorker } from '../local/stack/queue-worker.ts';
import { type Application, makeApplication } from '../src/application.ts';
import { requestedMode } from '../src/domain/drift/mode.ts';
import { startRun } from '../src/domain/drift/run/start-run.ts';
import { makeWorkerHandler } from '../src/handlers/worker.ts';
import { systemRuntime } from '../src/parts.ts';
import { readSettings } from '../src/settings.ts';
import { megabytes, seconds, watchMemory } from './fleet/measure.ts';

/**
 * Measures drift runs over fleets of growing size on the embedded stack, which runs in a process of its own: time, peak
 * memory of the worker, and calls. Checks that exactly what was planted is found.
 * `npm run bench:drift -- 1000 10000`
 */
const sizes = process.argv.slice(2).map(Number);
const planted = z.object({
  environment: z.record(z.string(), z.string()),
  lines: z.array(z.string()),
  seededMs: z.number(),
});

process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
process.env.POWERTOOLS_METRICS_DISABLED = 'true';

const rows = [];
for (const size of sizes.length > 0 ? sizes : [1_000, 10_000, 50_000]) rows.push(await measure(size));
console.table(rows);
// Whoever started this as a part of something larger.
process.send?.({ rows });

async function measure(size: number) {
  const stack = fork(new URL('drift-fleet/stack.ts', import.meta.url), [String(size)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const [message] = await once(stack, 'message');
    const { environment, lines, seededMs } = planted.parse(message);
    return { size, 'seeded s': seconds(seededMs), ...(await run(environment, lines)) };
  } finally {
    stack.kill();
  }
}

async function run(environment: Record<string, string>, expected: readonly string[]) {
  const values = {
    ...environment,
    DEPLOYMENT_ID: 'fleet',
    DRIFT_CALLS_PER_SECOND: '1000',
    DRIFT_PARALLEL_WINDOWS: '4',
  };
  Object.assign(process.env, environment);
  const clients = { dynamo: new DynamoDBClient(), secrets: new SecretsManagerClient(), queue: new SQSClient() };
  const units = countUnits(clients.dynamo);
  const app = makeApplication({ settings: readSettings(values), runtime: systemRuntime, clients });
  globalThis.gc?.();
  const before = process.memoryUsage();
  const memory = watchMemory();
  const started = performance.now();
  const { runId } = await startRun(
    app.drift,
    { journal: { record: () => {} } },
    { trigger: 'request', mode: requestedMode('report') },
  );
  const worker = new QueueWorker({ environment: values, worker: makeWorkerHandler(app) });
  await worker.drain();
  worker.stop();
  const durationMs = performance.now() - started;
  const peak = memory.stop();
  const tableRequests = Object.values(units.operations).reduce((sum, count) => sum + count, 0);
  const { read: readUnits, write: writeUnits } = units;
  const found = await linesOf(app, runId);
  const { summary } = (await app.drift.runs.read(runId)) ?? {};
  const isExact = JSON.stringify(found) === JSON.stringify(expected.toSorted());
  if (!isExact) process.exitCode = 1;
  return {
    exact: isExact ? 'yes' : `no: ${found.length} of ${expected.length}`,
    'run s': seconds(durationMs),
    lists: summary?.totals.lists,
    gets: summary?.totals.gets,
    'table requests': tableRequests,
    'read units': readUnits,
    'write units': writeUnits,
    'peak heap MB': megabytes(peak.heapUsed),
    'heap before MB': megabytes(before.heapUsed),
    'peak RSS MB': megabytes(peak.rss),
  };
}

async function linesOf({ drift }: Application, runId: string): Promise<string[]> {
  const lines: string[] = [];
  let after: string | undefined;
  do {
    const page = await drift.findings.page({ runId, limit: 500, ...(after ? { after } : {}) });
    lines.push(...page.items.map(({ class: name, orgId, role }) => [name, orgId, role].filter(Boolean).join(' ')));
    after = page.next;
  } while (after);
  return lines.toSorted();
}
