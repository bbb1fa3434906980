import * as fc from 'fast-check';
import { violations } from './invariants.ts';
import type { Ending, Job } from './jobs.ts';
import { note, printTable, runs } from './report.ts';
import { World } from './world.ts';

afterAll(() => printTable());

const SPECS = ['b1', 'b2', 'a2', 'a3'];

/** All read revision 1, each wants something else. */
const conditional = fc
  .subarray(SPECS, { minLength: 2 })
  .map((specs) => specs.map((spec): Job => ({ kind: 'ensure', spec, revision: 1 })));
const unconditional = fc.constantFrom<Job[]>([], [], [{ kind: 'ensure', spec: 'c1' }], [{ kind: 'remove' }]);

async function together(scheduler: fc.Scheduler, jobs: readonly Job[]): Promise<{ world: World; endings: Ending[] }> {
  let isScheduled = false;
  const world = new World(async (label) => {
    if (isScheduled) await scheduler.schedule(Promise.resolve(), label);
  });
  await world.run({ kind: 'ensure', spec: 'a1' });
  isScheduled = true;
  const endings = await scheduler.waitFor(Promise.all(jobs.map((job) => world.run(job))));
  isScheduled = false;
  return { world, endings };
}

const isConditional = (job: Job) => job.kind === 'ensure' && job.revision !== undefined;

/** What is wrong with how the jobs ended: nobody may overwrite what they have not read. */
function lostUpdates({ world, endings }: { world: World; endings: readonly Ending[] }, jobs: readonly Job[]): string[] {
  const winners = jobs.filter((job, index) => isConditional(job) && endings[index] === 'updated');
  const others = jobs.filter((job, index) => isConditional(job) && endings[index] !== 'updated');
  const wrong = others.filter((job) => endings[jobs.indexOf(job)] !== 'PRECONDITION_FAILED');
  const found = wrong.map((job) => `${JSON.stringify(job)} ended with ${endings[jobs.indexOf(job)]}`);
  if (winners.length > 1) found.push(`${winners.length} changed revision 1`);
  const isAlone = jobs.every(isConditional);
  if (isAlone && winners.length !== 1) found.push(`${winners.length} winners among those that all may win`);
  const row = world.mappings.rows.get('acme/inbound');
  if (isAlone && row?.revision !== 2) found.push(`the revision is ${row?.revision}`);
  return [...found, ...violations(world, ['a1', 'c1', ...SPECS])];
}

it('expectations: of all that change the revision which they read, one wins, and the others change nothing', async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 0x7fffffff);
  const property = fc.asyncProperty(fc.scheduler(), conditional, unconditional, async (scheduler, some, more) => {
    const jobs = [...some, ...more];
    const found = lostUpdates(await together(scheduler, jobs), jobs);
    if (found.length > 0) throw new Error(found.join('; '));
  });
  const details = await fc.check(property, { seed, numRuns: runs(300) });
  note({ scenario: `expectations (seed ${seed})`, runs: details.numRuns, violations: details.failed ? 1 : 0 });
  expect(details.failed ? fc.defaultReportMessage(details) : 'no violation').toBe('no violation');
}, 900_000);
