/**
 * Measures the service on this machine, each figure beside a baseline of the same run:
 *
 *     npm run bench                        everything, a quarter of an hour
 *     npm run bench -- --only warm,cold    parts: warm, distant, cold, contention, fleet, rollouts
 *     npm run bench -- --rounds 30         fewer rounds, rougher figures
 *     npm run bench -- --only fleet --fleet 1000,10000,100000
 *                                          drift runs over fleets of these sizes; `--rollouts` likewise
 *
 * Prints tables and writes `bench-report.json`. Ratios are medians of rounds in which ours and the baseline took turns,
 * so that a busy machine slows down both; still, measure on a quiet one. What must not get worse, the counts, is
 * checked by the tests (test/performance), not here.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCold } from './bench/cold.ts';
import { measureContention } from './bench/contention.ts';
import { measureFleets } from './bench/fleet.ts';
import { startBenchStack } from './bench/stack.ts';
import { printCold, printContention, printWarm } from './bench/tables.ts';
import { measureWarm } from './bench/warm.ts';

const REPORT = 'bench-report.json';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'warm,distant,cold,contention,fleet,rollouts' },
    rounds: { type: 'string', default: '150' },
    fleet: { type: 'string', default: '1000,10000' },
    rollouts: { type: 'string', default: '100,1000,10000' },
  },
});
const rounds = Math.max(1, Number(values.rounds) || 1);
/** Of what takes long and differs little. */
const fewer = Math.min(30, rounds);
const parts = values.only.split(',');
const directory = mkdtempSync(join(tmpdir(), 'vapi-sync-bench-'));
const stack = await startBenchStack(directory);
try {
  const report = await measureParts();
  writeFileSync(REPORT, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\nReport: ${REPORT}`);
} finally {
  stack.stop();
  rmSync(directory, { recursive: true });
}

async function measureParts(): Promise<object> {
  const run = {
    at: new Date().toISOString(),
    node: process.version,
    processors: availableParallelism(),
    table: stack.table,
    rounds,
  };
  const warm = parts.includes('warm') ? await measureWarm(stack, { directory, rounds }) : undefined;
  if (warm) printWarm(warm, 'zero latency');
  const distant = parts.includes('distant')
    ? await measureWarm(stack, { directory, rounds: fewer, isDistant: true })
    : undefined;
  if (distant) printWarm(distant, 'distances as on AWS: the table 4 ms away, Vapi 100 ms');
  const cold = parts.includes('cold') ? await measureCold(stack, { directory, rounds: fewer }) : undefined;
  if (cold) printCold(cold);
  const races = Math.min(3, rounds);
  const contention = parts.includes('contention')
    ? await measureContention(stack, { directory, rounds: races })
    : undefined;
  if (contention) printContention(contention);
  const fleet = parts.includes('fleet') ? await measureFleets('drift', values.fleet.split(',')) : undefined;
  const rollouts = parts.includes('rollouts') ? await measureFleets('rollout', values.rollouts.split(',')) : undefined;
  return { ...run, warm, distant, cold, contention, fleet, rollouts };
}
