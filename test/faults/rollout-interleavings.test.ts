import * as fc from 'fast-check';
import { check, processOptions, verdict } from './arbitraries.ts';
import { type Ending, OTHER } from './jobs.ts';
import { finishWork, isFailed } from './recover.ts';
import { printTable } from './report.ts';
import { type Finish, type Outside, type RolloutJob, RolloutWorld, rolloutViolations, settle } from './rollouts.ts';
import { type ProcessOptions, World } from './world.ts';

afterAll(() => printTable());

/** Two workers are always there; what comes beside them is chosen. */
const WORKERS: readonly RolloutJob[] = [{ kind: 'roll' }, { kind: 'roll' }];

const act = fc
  .constantFrom('pause' as const, 'resume' as const, 'abort' as const, 'rollback' as const)
  .map((action): RolloutJob => ({ kind: 'act', action }));
const outside = fc.oneof(
  fc.constantFrom('a2', 'a3+x').map((spec): RolloutJob => ({ kind: 'ensure', version: 0, spec, key: OTHER })),
  fc.constant<RolloutJob>({ kind: 'remove', key: OTHER }),
  fc.constant<RolloutJob>({ kind: 'work', key: OTHER }),
);
const beside = fc.oneof(
  { weight: 4, arbitrary: act },
  { weight: 3, arbitrary: outside },
  { weight: 1, arbitrary: fc.constantFrom<RolloutJob>({ kind: 'alarm' }, { kind: 'schedule' }, { kind: 'start' }) },
);

/** How far the rollout is when all begins. */
const past = fc.constantFrom('started', 'paused', 'completed', 'rolling back', 'half done');

interface Together {
  scheduler: fc.Scheduler;
  state: string;
  jobs: readonly RolloutJob[];
  onFailure: 'pause' | 'rollback';
  finish: Finish;
  options?: readonly ProcessOptions[];
  spoil?: (world: World) => void;
}

async function arrange(here: RolloutWorld, state: string): Promise<void> {
  await here.bind();
  await here.run({ kind: 'start' });
  if (state === 'paused') await here.run({ kind: 'act', action: 'pause' });
  if (state === 'half done') await here.run({ kind: 'roll' }, { crash: { at: 30, when: 'after' } });
  if (state === 'completed' || state === 'rolling back') await here.run({ kind: 'roll' });
  if (state === 'rolling back') await here.run({ kind: 'act', action: 'rollback' });
}

/** Runs all at once in an order of effects that the scheduler chooses, and then to the end without faults. */
async function wrongAfter({ scheduler, state, jobs, onFailure, finish, options = [], spoil }: Together) {
  let isScheduled = false;
  const world = new World(async (label) => {
    if (isScheduled) await scheduler.schedule(Promise.resolve(), label);
  });
  const here = new RolloutWorld(world, { onFailure });
  await arrange(here, state);
  spoil?.(world);
  isScheduled = true;
  const all = [...WORKERS, ...jobs];
  const endings = await scheduler.waitFor(Promise.all(all.map((job, index) => here.run(job, options[index] ?? {}))));
  isScheduled = false;
  const stuck = await settle(here, finish);
  return [...stuck, ...(await rolloutViolations(here, await outsideOf(here, all, endings)))];
}

/** What may stand in the end of what others have asked for. Who got no good answer asks for it once more. */
async function outsideOf(
  here: RolloutWorld,
  jobs: readonly RolloutJob[],
  endings: readonly Ending[],
): Promise<Outside> {
  const asked = jobs.flatMap((job, index) => {
    return job.kind === 'ensure' || job.kind === 'remove' ? [{ job, ending: endings[index] ?? '' }] : [];
  });
  const unanswered = asked.findLast(({ ending }) => isFailed(ending) || ending === 'crashed');
  if (unanswered) await repeat(here, unanswered.job);
  const standing = unanswered ? [unanswered] : asked;
  if (standing.length === 0) return new Map();
  return new Map([[OTHER.orgId, standing.map(({ job }) => (job.kind === 'ensure' ? job.spec : 'removed'))]]);
}

async function repeat(here: RolloutWorld, job: RolloutJob): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    here.world.pass(45_000);
    if (!isFailed(await here.run(job))) break;
  }
  await finishWork(here.world, OTHER);
}

const together = {
  scheduler: fc.scheduler(),
  state: past,
  jobs: fc.array(beside, { minLength: 1, maxLength: 3 }),
  onFailure: fc.constantFrom<'pause' | 'rollback'>('pause', 'rollback'),
  finish: fc.constantFrom<Finish>('resume', 'rollback'),
};

it('rollout: two workers, operators and others at once, in any order of their effects', async () => {
  const input = fc.record(together);
  expect(await check('rollout', { bounded: 250, input, run: wrongAfter })).toBe('no violation');
}, 900_000);

it('rollout with faults: lost and late replies, crashes, clocks that differ', async () => {
  const input = fc.record({
    ...together,
    options: fc.array(processOptions, { minLength: 5, maxLength: 5 }),
    choose: verdict,
  });
  const run = async ({ choose, options, ...rest }: typeof input extends fc.Arbitrary<infer T> ? T : never) => {
    const spoil = (world: World) => {
      world.upstream.verdict = choose;
    };
    // A worker has the time of a worker; what it dies of is a crash.
    const workers = options.map(({ lambdaMs: _, ...one }, index) =>
      index < WORKERS.length ? one : { ...one, lambdaMs: 29_000 },
    );
    return await wrongAfter({ ...rest, options: workers, spoil });
  };
  expect(await check('rollout with faults', { bounded: 250, input, run })).toBe('no violation');
}, 900_000);
