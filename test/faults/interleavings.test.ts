import * as fc from 'fast-check';
import { check, processOptions, verdict } from './arbitraries.ts';
import { unheard, violations } from './invariants.ts';
import { type Ending, type Job, KEY, OTHER } from './jobs.ts';
import { arrange, PASTS, type Past } from './pasts.ts';
import { finishWork, recover } from './recover.ts';
import { printTable } from './report.ts';
import { untold } from './told.ts';
import { type ProcessOptions, World } from './world.ts';

afterAll(() => printTable());

const SPECS = ['a1', 'a2', 'b1', 'a3+x', 'b2+xy'];
const ensure = fc.constantFrom(...SPECS).map((spec): Job => ({ kind: 'ensure', spec }));
const asked: fc.Arbitrary<Job> = fc.oneof(
  { weight: 4, arbitrary: ensure },
  { weight: 1, arbitrary: fc.constant<Job>({ kind: 'remove' }) },
  { weight: 2, arbitrary: fc.constant<Job>({ kind: 'work' }) },
);
/** Another organisation registers the same tools; and somebody configures other numbers meanwhile. */
const job: fc.Arbitrary<Job> = fc.oneof(
  { weight: 6, arbitrary: asked },
  { weight: 2, arbitrary: asked.map((one): Job => ({ ...one, key: OTHER })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Job>({ kind: 'number', id: 'one' }, { kind: 'number', id: 'two' }, { kind: 'number' }),
  },
);

const past = fc.constantFrom(...PASTS);

const SUCCESSES = ['configured', 'created', 'recreated', 'adopted', 'updated', 'unchanged', 'removed', 'absent'];
/** What the worker says besides. */
const WORKED = ['nothing-applied', 'superseded'];

interface Together {
  scheduler: fc.Scheduler;
  state: Past;
  jobs: readonly Job[];
  options?: readonly ProcessOptions[];
  /** Makes Vapi misbehave once the world is arranged. */
  spoil?: (world: World) => void;
}

/** Runs all jobs at once, in an order of effects that the scheduler chooses. Everything must come to an end. */
async function runTogether(together: Together): Promise<{ world: World; endings: Ending[] }> {
  const { scheduler, state, jobs, options = [], spoil } = together;
  let isScheduled = false;
  const world = new World(async (label) => {
    if (isScheduled) await scheduler.schedule(Promise.resolve(), label);
  });
  await arrange(world, state);
  spoil?.(world);
  isScheduled = true;
  const endings = await scheduler.waitFor(Promise.all(jobs.map((one, index) => world.run(one, options[index] ?? {}))));
  isScheduled = false;
  return { world, endings };
}

const EXPECTED = [...SUCCESSES, ...WORKED, 'SYNC_IN_PROGRESS', 'CREATE_UNRESOLVED', 'VAPI_UNAVAILABLE', 'crashed'];

it('interleavings: 2 to 5 operations at once, in any order of their effects', async () => {
  const input = fc.record({
    scheduler: fc.scheduler(),
    state: past,
    jobs: fc.array(job, { minLength: 2, maxLength: 5 }),
  });
  const run = async (together: Together) => {
    const { world, endings } = await runTogether(together);
    const isExpected = (ending: Ending) => EXPECTED.includes(ending) || ending.startsWith('LATER_');
    const unexpected = endings.filter((ending) => !isExpected(ending)).map((ending) => `ended with ${ending}`);
    return [...unexpected, ...(await mended(world, { endings, jobs: together.jobs }))];
  };
  expect(await check('interleavings', { bounded: 400, input, run })).toBe('no violation');
}, 900_000);

/**
 * When every operation has answered with success, all must be well at once. An environment that ran out of time has
 * left what the next call mends.
 */
async function mended(
  world: World,
  { endings, jobs }: { endings: readonly Ending[]; jobs: readonly Job[] },
): Promise<string[]> {
  const hasCaller = jobs.some(({ kind, key }) => kind !== 'work' && key !== OTHER);
  // A number that was configured last is known only to the next sync.
  const isConfigured = jobs.some(({ kind }) => kind === 'number');
  const isWell = endings.every((ending) => [...SUCCESSES, ...WORKED].includes(ending));
  if (!hasCaller || isConfigured || !isWell) return await afterRecovery(world, jobs);
  await finishWork(world);
  await finishWork(world, OTHER);
  return [...violations(world, SPECS), ...violations(world, SPECS, OTHER), ...(await untold(world, world.now()))];
}

async function afterRecovery(world: World, jobs: readonly Job[]): Promise<string[]> {
  const endings: string[] = [];
  for (const key of [KEY, OTHER]) {
    const isAsked = (one: Job) => (one.key ?? KEY) === key && (one.kind === 'ensure' || one.kind === 'remove');
    endings.push(await recover(world, jobs.findLast(isAsked) ?? { kind: 'remove', key }));
  }
  const failed = endings.filter((ending) => !SUCCESSES.includes(ending));
  const found = [
    ...violations(world, SPECS),
    ...violations(world, SPECS, OTHER),
    ...(await untold(world, world.now())),
  ];
  return [...found, ...failed.map((ending) => `recovery ended with ${ending}`)];
}

it('faults: with lost replies, crashes, list lag and clocks that differ', async () => {
  const input = fc.record({
    scheduler: fc.scheduler(),
    state: past,
    work: fc.array(fc.tuple(job, processOptions), { minLength: 1, maxLength: 5 }),
    choose: verdict,
    listLagMs: fc.constantFrom(0, 3_000, 8_000),
  });
  const run = async ({ work, choose, listLagMs, ...rest }: typeof input extends fc.Arbitrary<infer T> ? T : never) => {
    const jobs = work.map(([one]) => one);
    const options = work.map(([, option]) => option);
    const spoil = (world: World) => {
      world.upstream.verdict = choose;
      world.upstream.listLagMs = listLagMs;
    };
    const { world } = await runTogether({ ...rest, jobs, options, spoil });
    return await afterRecovery(world, jobs);
  };
  expect(await check('faults', { bounded: 600, input, run })).toBe('no violation');
}, 900_000);

it('frozen: processes that outlive their claim; both believe that they own it, one finalises, the other cleans up', async () => {
  const input = fc.record({
    scheduler: fc.scheduler(),
    state: past,
    jobs: fc.array(job, { minLength: 2, maxLength: 4 }),
  });
  const run = async (together: Together) => {
    const options = together.jobs.map((_, index): ProcessOptions => ({ mortal: index !== 0 }));
    const { world } = await runTogether({ ...together, options });
    return await afterRecovery(world, together.jobs);
  };
  expect(await check('frozen', { bounded: 300, input, run })).toBe('no violation');
}, 900_000);

it('traffic: pins that are set and taken off while the configuration changes', async () => {
  const spec = fc.constantFrom('a1', 'b1');
  const input = fc.record({
    scheduler: fc.scheduler(),
    state: fc.constantFrom<Past>('synced', 'edited', 'deleted'),
    jobs: fc.array(
      fc.oneof(
        { weight: 3, arbitrary: spec.map((name): Job => ({ kind: 'ensure', spec: name, follow: true })) },
        { weight: 2, arbitrary: spec.map((name): Job => ({ kind: 'ensure', spec: name })) },
        { weight: 3, arbitrary: fc.constant<Job>({ kind: 'pin' }) },
        { weight: 1, arbitrary: fc.constant<Job>({ kind: 'remove' }) },
      ),
      { minLength: 2, maxLength: 5 },
    ),
    choose: fc.option(verdict, { freq: 2 }),
  });
  const run = async ({ choose, ...together }: typeof input extends fc.Arbitrary<infer T> ? T : never) => {
    const spoil = (world: World) => {
      world.upstream.hasTraffic = true;
      if (choose) world.upstream.verdict = choose;
    };
    const { world } = await runTogether({ ...together, spoil });
    const last: Job = { kind: 'ensure', spec: 'b1', follow: true };
    const ending = await recover(world, last);
    const failed = SUCCESSES.includes(ending) ? [] : [`recovery ended with ${ending}`];
    return [...failed, ...violations(world, SPECS), ...unheard(world), ...(await untold(world, world.now()))];
  };
  expect(await check('traffic', { bounded: 300, input, run })).toBe('no violation');
}, 900_000);
