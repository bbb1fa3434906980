import type { FleetIndex } from '../../../src/domain/drift/fleet.ts';
import { nextUnit } from '../../../src/domain/drift/run/next-unit.ts';
import type { DriftRun, DriftUnit } from '../../../src/domain/drift/runs.ts';
import { noTotals } from '../../../src/domain/drift/totals.ts';
import type { LongWork } from '../../../src/domain/long-work/long-work.ts';
import { planRun } from '../../../src/domain/long-work/plan-run.ts';
import { workOnUnit } from '../../../src/domain/long-work/work-on-unit.ts';
import type { Task } from '../../../src/domain/task.ts';
import { MemoryRuns } from '../../support/memory-fleet.ts';
import { DriftWorld } from './drift-world.ts';

const ASSISTANTS = 100_000;
const OWN_ACCOUNTS = 10_000;
const deadline = { remainingMs: () => 120_000 };

/** An index of so many rows, one a second, and of so many organisations with accounts of their own. */
const index: Pick<FleetIndex, 'cut' | 'ownAccounts'> = {
  cut: async ({ to = ASSISTANTS * 1000, count }) => {
    const at = to - count * 1000;
    return at <= 0 ? undefined : at;
  },
  ownAccounts: async ({ limit, after }) => {
    const first = after === undefined ? 0 : Number(after.slice(1)) + 1;
    const length = Math.max(0, Math.min(limit, OWN_ACCOUNTS - first));
    return { items: Array.from({ length }, (_, offset) => `o${String(first + offset).padStart(8, '0')}`) };
  },
};

/** Plays a run whose units are done at their first step; each message counts those before it that led to it. */
async function longestChain(): Promise<{ longest: number; messages: number }> {
  const limits = { pageSize: 100, windowPages: 10, parallelWindows: 2, batchSize: 25 };
  const world = new DriftWorld(limits);
  const runs = new MemoryRuns();
  const at = new Date(world.clock).toISOString();
  const run: DriftRun = {
    ...{ runId: 'r', trigger: 'request', status: 'planning', startedAt: at, updatedAt: at, done: [] },
    mode: { standard: 'report', ceiling: 'report' },
  };
  await runs.create(run);
  const queue: { task: Task; length: number }[] = [];
  let length = 1;
  const send = async (task: Task) => void queue.push({ task, length: length + 1 });
  const deps = { ...world.dependencies, fleet: { ...world.dependencies.fleet, ...index } };
  const work: LongWork<DriftRun, DriftUnit> = {
    ...{ runtime: deps.runtime, tasks: { send }, runs, units: runs.units },
    ...{ parallelUnits: limits.parallelWindows, stepMs: 1 },
    planTask: (runId) => ({ kind: 'drift-plan', runId }),
    unitTask: (runId, unit) => ({ kind: 'drift-window', runId, unit }),
    isOver: () => false,
    isPlanned: ({ unitCount }) => unitCount !== undefined,
    nextUnit: (one, planned) => nextUnit(deps, one, planned),
    begin: async (one, unitCount) => void (await runs.advance(one, { unitCount, updatedAt: at })),
    laneOf: ({ work: { kind } }) => kind,
    takeStep: async (_run, { position }) => ({ position, totals: noTotals(), isDone: true }),
    afterFailure: async () => ({ kind: 'again' }),
    addTotals: (totals) => totals,
    end: async () => 'closed',
  };
  await planRun(work, 'r', deadline);
  let messages = 1;
  for (let next = queue.shift(); next; next = queue.shift()) {
    length = next.length;
    messages += 1;
    if (next.task.kind === 'drift-window') await workOnUnit(work, { runId: 'r', unit: next.task.unit, deadline });
  }
  expect((await runs.read('r'))?.done).toHaveLength(messages - 1);
  return { longest: length, messages };
}

/**
 * Calls that Lambda lets follow from one another when it takes them for a loop (docs/architecture.md, "Chains of
 * messages").
 */
const LAMBDA_ENDS_AT = 16;

it('100,000 assistants and 10,000 accounts are a chain that Lambda must not take for an endless loop', async () => {
  const { longest, messages } = await longestChain();
  // 100 windows, 400 batches of organisations and the unfinished rows, two of each at a time.
  expect(messages).toBe(1 + 100 + 400 + 1);
  expect(longest).toBe(1 + 400 / 2);
  expect(longest).toBeGreaterThan(LAMBDA_ENDS_AT);
});
