import type { Past } from '../faults/pasts.ts';
import { MemoryMappingStore } from '../support/memory-stores.ts';
import { textOfJob } from './aftermath.ts';
import { caseOf, type Fault, type OperationName, PAIRS, type Planned } from './cases.ts';
import { explore } from './explore.ts';
import { knownAs, type Summary, summaryOf, tableOfSummaries } from './summary.ts';
import { tableOf } from './trail.ts';

const summaries: Summary[] = [];

afterAll(() => process.stdout.write(`${tableOfSummaries(summaries)}\n`));

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

it.each<Fault>(['one crash', 'one lost or late reply'])(
  'some pairs with %s anywhere',
  async (fault) => {
    expect(await brokenInAll(FAULTY.map(([past, operations]) => ({ past, operations, fault })))).toEqual([]);
  },
  120_000,
);

it('a removal and a PUT with one clock step anywhere', async () => {
  const planned = { past: 'nothing', operations: ['ensure a1', 'remove'], fault: 'one clock step' } as const;
  expect(await brokenIn(planned)).toEqual([]);
}, 120_000);

it('finds the shortest way to two assistants when a claim is written whatever the row is', async () => {
  const given = await caseOf({ past: 'nothing', operations: ['ensure a1', 'ensure a1'], fault: 'no fault' });
  const { mappings } = given.world;
  const { write } = MemoryMappingStore.prototype;
  mappings.write = async (asked) => {
    if (asked.transition === 'claim') mappings.rows.delete(`${asked.key.orgId}/${asked.key.role}`);
    return await write.call(mappings, asked);
  };
  const { violations } = await explore(given, { order: 'shortest', stopAtFirst: true });
  expect(violations[0]?.what).toMatch(/^#\d+ was made beside #\d+$/);
  const switches = violations[0]?.trail.filter(({ move }, index, all) => {
    const before = all[index - 1]?.move;
    return move.kind === 'step' && before?.kind === 'step' && before.process !== move.process;
  });
  // Both begin; one looks; the other makes an assistant; the first makes another.
  expect(switches?.length).toBe(3);
});
