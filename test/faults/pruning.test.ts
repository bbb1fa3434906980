import * as fc from 'fast-check';
import { KEPT_SPECS } from '../../src/domain/history/history.ts';
import { performTask } from '../../src/domain/sync/perform-task.ts';
import { check, processOptions, verdict } from './arbitraries.ts';
import { desired, type Ending, type Job, KEY } from './jobs.ts';
import { operationOf } from './perform.ts';
import { printTable } from './report.ts';
import { type ProcessOptions, World } from './world.ts';

afterAll(() => printTable());

const ID = `${KEY.orgId}/${KEY.role}`;
const SPECS = ['a1', 'a2', 'b1', 'b2'];

type Work = Job | 'prune';

const job: fc.Arbitrary<Work> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Work>('prune') },
  { weight: 4, arbitrary: fc.constantFrom(...SPECS).map((spec): Job => ({ kind: 'ensure', spec })) },
  { weight: 2, arbitrary: fc.constantFrom('a1', 'a2').map((spec): Job => ({ kind: 'rollback', spec })) },
  { weight: 1, arbitrary: fc.constant<Job>({ kind: 'reapply' }) },
  { weight: 1, arbitrary: fc.constant<Job>({ kind: 'remove' }) },
);

/** Does a job, or what the worker does about old configurations. */
async function run(world: World, work: Work, options: ProcessOptions): Promise<Ending> {
  if (work !== 'prune') return await world.run(work, options);
  return await world.act(options, async (process) => {
    const operation = operationOf(world, {}, process);
    const end = await performTask(operation, { kind: 'prune-history', ...KEY, operationId: process.name }, operation);
    return end.kind;
  });
}

/** As many others were applied since a1 and a2 that both may be removed; b1 is applied now. */
async function arrange(world: World): Promise<void> {
  for (const spec of ['a1', 'a2']) await world.run({ kind: 'ensure', spec });
  world.pass(7_200_000);
  const others = Array.from({ length: KEPT_SPECS }, (_, index) => `other-${index}`);
  for (const specHash of others) {
    const at = new Date(world.now()).toISOString();
    await world.specs.save(KEY, { specHash, payload: {}, tools: [], summary: {}, at, appliedBefore: others });
    world.pass(1_000);
  }
  world.pass(7_200_000);
  await world.run({ kind: 'ensure', spec: 'b1' });
  world.pass(7_200_000);
  world.mappings.writes.length = 0;
}

/**
 * Which configurations were applied when the jobs began, or stored since, and were not removed with the assistant:
 * without being stored none is sent, so that a claim alone needs none.
 */
function watchSaved({ specs }: World): ReadonlySet<string> {
  const saved = new Set([desired('b1').specHash]);
  const { save, removeAll } = specs;
  specs.save = async (key, spec) => {
    await save.call(specs, key, spec);
    saved.add(spec.specHash);
  };
  specs.removeAll = async (key) => {
    await removeAll.call(specs, key);
    saved.clear();
  };
  return saved;
}

/**
 * What is missing in a world in which nobody is acting: the row needs some, and the history shows what was applied
 * lately.
 */
async function missing(world: World, saved: ReadonlySet<string>): Promise<string[]> {
  const row = world.mappings.rows.get(ID);
  const stored = new Map((await world.specs.list(KEY)).map((spec) => [spec.specHash, spec]));
  const nameOf = (hash: string) => SPECS.find((spec) => desired(spec).specHash === hash) ?? hash;
  if (!row) return [];
  const needed = [row.specHash, ...row.attempted.map(({ specHash }) => specHash)];
  const lost = [...saved]
    .filter((hash) => needed.includes(hash) && !stored.has(hash))
    .map((hash) => `the row needs ${nameOf(hash)}`);
  const { writes } = world.mappings;
  const lives = writes.slice(writes.findLastIndex(({ after }) => after === undefined) + 1);
  const passed = lives.flatMap(({ before, after }) =>
    before?.specHash && after && after.specHash !== before.specHash ? [before.specHash] : [],
  );
  const hidden = passed
    .filter((hash) => saved.has(hash) && hash !== row.specHash && stored.get(hash)?.applied !== true)
    .map((hash) => `the history lacks ${nameOf(hash)}`);
  return [...lost, ...hidden];
}

it('pruning: old configurations are removed at any moment of other operations, and none that is needed', async () => {
  const input = fc.record({
    scheduler: fc.scheduler(),
    work: fc.array(fc.tuple(job, processOptions), { minLength: 2, maxLength: 6 }),
    choose: fc.option(verdict, { freq: 2 }),
  });
  const together = async ({ scheduler, work, choose }: typeof input extends fc.Arbitrary<infer T> ? T : never) => {
    let isScheduled = false;
    const world = new World(async (label) => {
      if (isScheduled) await scheduler.schedule(Promise.resolve(), label);
    });
    await arrange(world);
    const saved = watchSaved(world);
    if (choose) world.upstream.verdict = choose;
    isScheduled = true;
    await scheduler.waitFor(Promise.all(work.map(([one, options]) => run(world, one, options))));
    isScheduled = false;
    return await missing(world, saved);
  };
  expect(await check('pruning', { bounded: 600, input, run: together })).toBe('no violation');
}, 900_000);
