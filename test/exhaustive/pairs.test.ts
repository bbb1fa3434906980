import type { Past } from '../faults/pasts.ts';
import { textOfJob } from './aftermath.ts';
import { caseOf, type Fault, type OperationName, PAIRS, type Planned } from './cases.ts';
import { explore } from './explore.ts';
import { knownAs, type Summary, summaryOf, tableOfSummaries } from './summary.ts';
import { tableOf } from './trail.ts';

const summaries: Summary[] = [];

/** Explores one case to its end; what is broken, and not known, comes back with how it came to it. */
async function brokenIn(planned: Planned): Promise<string[]> {
  const given = await caseOf(planned);
  const report = await explore(given, { order: 'depth', stopAtFirst: false });
  const summary = summaryOf(report, planned.fault);
  summaries.push(summary);
  return report.violations
    .filter(({ what }) => knownAs(what, summary) === undefined)
    .map((violation) => `${given.name}: ${tableOf(violation, given.jobs.map(textOfJob))}`);
}

async function brokenInAll(all: readonly Planned[]): Promise<string[]> {
  const broken: string[] = [];
  for (const planned of all) broken.push(...(await brokenIn(planned)));
  return broken;
}

/** The short form of `npm run test:exhaustive`, which has all pasts and all faults. */
const QUICK: readonly Past[] = ['nothing', 'synced', 'unresolved'];

it.each(QUICK)(
  'every order of every two operations, from "%s", without a fault',
  async (past) => {
    const all = PAIRS.map((operations) => ({ past, operations, fault: 'no fault' as const }));
    expect(await brokenInAll(all)).toEqual([]);
  },
  120_000,
);

const FAULTY: readonly (readonly [Planned['past'], readonly OperationName[]])[] = [
  ['nothing', ['ensure a1', 'ensure a2']],
  ['nothing', ['ensure a1', 'remove']],
  ['synced', ['remove', 'reapply']],
  ['synced', ['ensure a2', 'remove']],
  ['tool wanted by two', ['work', 'work of another']],
  ['bound', ['apply', 'unbind']],
];

it.each<Fault>(['one crash', 'one lost or late reply', 'one clock step'])(
  'some pairs with %s anywhere',
  async (fault) => {
    expect(await brokenInAll(FAULTY.map(([past, operations]) => ({ past, operations, fault })))).toEqual([]);
  },
  120_000,
);

afterAll(() => process.stdout.write(`${tableOfSummaries(summaries)}\n`));
