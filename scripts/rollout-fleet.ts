import { fork } from 'node:child_process';
import { once } from 'node:events';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import { z } from 'zod';
import { countUnits } from '../local/stack/counted-table.ts';
import { QueueWorker } from '../local/stack/queue-worker.ts';
import { type Application, makeApplication } from '../src/application.ts';
import { desireAssistant } from '../src/domain/configuration/configuration.ts';
import type { Operation } from '../src/domain/operation.ts';
import { shownRollout } from '../src/domain/rollouts/show/describe-rollout.ts';
import { startRollout } from '../src/domain/rollouts/start/start-rollout.ts';
import { syncAssistant } from '../src/domain/sync/sync-assistant.ts';
import { bindTemplate } from '../src/domain/templates/bind.ts';
import { makeWorkerHandler } from '../src/handlers/worker.ts';
import { systemRuntime } from '../src/parts.ts';
import { readSettings } from '../src/settings.ts';
import { megabytes, seconds, watchMemory } from './fleet/measure.ts';

/**
 * Measures rollouts over fleets of growing size on the embedded stack, which runs in a process of its own: time, peak
 * memory of the worker, and calls; and one that is held back by the pace of its account, against that pace. Ends with 1
 * when a target is not applied, or when less than 95 % of the pace is reached. `npm run bench:rollouts -- 100 1000
 * 10000`
 */
const sizes = process.argv.slice(2).map(Number);
const ready = z.object({ environment: z.record(z.string(), z.string()) });

/** More than the embedded stack can do: what is measured is the service. */
const UNPACED = 1000;
/** Calls a second that the embedded stack does with ease, and the size of the rollout that is held back by it. */
const PACE = 15;
const PACED_SIZE = 120;
/** A GET and a PATCH, and the GET of the look at its wave. */
const CALLS_A_TARGET = 3;
const LEAST_SHARE = 0.95;

const TEMPLATE = 'bench';
const REQUEST = {
  template: TEMPLATE,
  version: 2,
  select: {},
  waves: { first: '1%', growth: 'exponential', factor: 5, bakeSeconds: 0 },
  maxConcurrent: 10,
  failureTolerance: 0,
  onFailure: 'pause',
  alarms: [],
} as const;

/** Of a request or a task that has all the time. */
const MOMENT = { deadline: { remainingMs: () => 29_000 }, journal: { record: () => {} } };

process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
process.env.POWERTOOLS_METRICS_DISABLED = 'true';

const rows: Record<string, unknown>[] = [];
for (const size of sizes.length > 0 ? sizes : [100, 1_000, 10_000]) rows.push(await measure(size, UNPACED));
rows.push(await measure(PACED_SIZE, PACE));
console.table(rows);
// Whoever started this as a part of something larger.
process.send?.({ rows });

async function measure(size: number, callsPerSecond: number) {
  const stack = fork(new URL('rollout-fleet/stack.ts', import.meta.url), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const [message] = await once(stack, 'message');
    return {
      size,
      'calls/s': callsPerSecond,
      ...(await run(ready.parse(message).environment, { size, callsPerSecond })),
    };
  } finally {
    stack.kill();
  }
}

async function run(
  environment: Record<string, string>,
  { size, callsPerSecond }: { size: number; callsPerSecond: number },
) {
  const values = { ...environment, DEPLOYMENT_ID: 'fleet', BACKGROUND_CALLS_PER_SECOND: String(callsPerSecond) };
  Object.assign(process.env, environment);
  const clients = { dynamo: new DynamoDBClient(), secrets: new SecretsManagerClient(), queue: new SQSClient() };
  const units = countUnits(clients.dynamo);
  const app = makeApplication({ settings: readSettings(values), runtime: systemRuntime, clients });
  await bindAll(app, size);
  const [reads, writes] = [units.read, units.write];
  globalThis.gc?.();
  const before = process.memoryUsage();
  const memory = watchMemory();
  const call = { ...app.rollouts, ...MOMENT };
  const started = performance.now();
  const planned = await startRollout(call, REQUEST, { kind: 'local', id: 'bench' });
  const plannedMs = performance.now() - started;
  const worker = new QueueWorker({ environment: values, worker: makeWorkerHandler(app) });
  await worker.drain();
  worker.stop();
  const durationMs = performance.now() - started - plannedMs;
  const peak = memory.stop();
  const rollout = await app.rollouts.rollouts.read(planned.rolloutId);
  if (!rollout) throw new Error('the rollout is gone');
  const { state, counts } = await shownRollout(call, rollout);
  const share = (size * CALLS_A_TARGET) / (durationMs / 1000) / callsPerSecond;
  const isPaced = callsPerSecond !== UNPACED;
  if (counts.applied !== size || state !== 'completed' || (isPaced && share < LEAST_SHARE)) process.exitCode = 1;
  return {
    state,
    applied: counts.applied,
    'plan s': seconds(plannedMs),
    'run s': seconds(durationMs),
    'ms a target': Math.round((durationMs / size) * 10) / 10,
    'of the pace': isPaced ? `${Math.round(share * 1000) / 10} %` : '',
    'reads a target': Math.round(((units.read - reads) / size) * 10) / 10,
    'writes a target': Math.round(((units.write - writes) / size) * 10) / 10,
    'peak heap MB': megabytes(peak.heapUsed),
    'heap before MB': megabytes(before.heapUsed),
  };
}

/** A template of two versions, and so many organisations that are bound to the first. */
async function bindAll(app: Application, size: number): Promise<void> {
  const { bound } = app.rollouts;
  for (const version of [1, 2]) {
    const messages = [
      { role: 'system', content: `Version ${version}. ${'Ask for the name and the reason. '.repeat(61)}` },
    ];
    const assistant = { name: 'Bench', model: { provider: 'openai', model: 'gpt-4o', messages } };
    const content = { variables: {}, assistant };
    await bound.templates.add({ templateId: TEMPLATE, version, hash: String(version), content });
  }
  const orgs = Array.from({ length: size }, (_, index) => `org${String(index).padStart(6, '0')}`);
  await pMap(orgs, (orgId) => bind(app, orgId), { concurrency: 16 });
}

async function bind(app: Application, orgId: string): Promise<void> {
  const key = { orgId, role: 'inbound' as const };
  const operation: Operation = { ...app.sync, ...MOMENT, id: `bind-${orgId}`, key, by: { kind: 'local', id: 'bench' } };
  const rules = { inlineCredentials: false, allowEmpty: false };
  const request = { id: TEMPLATE, version: 1 };
  const { asked, binding } = await bindTemplate(operation, app.rollouts.bound, { request, rules });
  await syncAssistant(operation, { desired: desireAssistant(asked, key, app.sync.deployment), binding });
}
