import type { Planned } from './cases.ts';
import { caseOf } from './cases.ts';
import { explore } from './explore.ts';

/**
 * What the explorer has found (docs/proof.md). What is not mended is marked as failing: whoever mends it takes its name
 * out of `known.ts`, and `failing` away here.
 */
async function brokenIn(planned: Planned, text: RegExp): Promise<string[]> {
  const isKnown = (what: string) => !text.test(what);
  const report = await explore(await caseOf(planned), { order: 'shortest', stopAtFirst: true, isKnown });
  return report.violations.map(({ what }) => what).filter((what) => text.test(what));
}

it('an import does not forget what an earlier create has made', async () => {
  const planned = { past: 'unresolved', operations: ['ensure a1', 'import'], fault: 'one crash' } as const;
  expect(await brokenIn(planned, /is ours, no row names it, and nobody looks for it/)).toEqual([]);
});

it('the configuration of a PUT outlives the claim that another has abandoned', async () => {
  const planned = {
    past: 'nothing',
    operations: ['ensure a3+x', 'import'],
    fault: 'one lost or late reply',
  } as const;
  expect(await brokenIn(planned, /is not stored/)).toEqual([]);
});

it('the configuration of a PUT outlives the DELETE of what another has made meanwhile', async () => {
  const planned = { past: 'nothing', operations: ['ensure a1', 'ensure a2', 'remove'], fault: 'no fault' } as const;
  expect(await brokenIn(planned, /is not stored/)).toEqual([]);
});

it('a DELETE that nobody waits for does not remove what a later PUT was answered for', async () => {
  const planned = { past: 'synced', operations: ['remove', 'ensure a1'], fault: 'one lost or late reply' } as const;
  expect(await brokenIn(planned, /a DELETE arrived late and removed/)).toEqual([]);
});

it.failing('a PUT into which a late PATCH of another has come says so', async () => {
  const planned = { past: 'edited', operations: ['ensure a1', 'ensure a2'], fault: 'one lost or late reply' } as const;
  expect(await brokenIn(planned, /which was true at no moment of the call/)).toEqual([]);
});

it('the repeat of a PUT that was cut off sees what callers hear', async () => {
  const planned = { past: 'pinned', operations: ['ensure a2'], fault: 'one crash' } as const;
  expect(await brokenIn(planned, /the row says that the assistant is current/)).toEqual([]);
});

it.failing('a process that was frozen while it claimed does not map what another organisation has taken', async () => {
  const operations = ['ensure a1', 'ensure a1 of another'] as const;
  const planned = { past: 'named by two', operations, fault: 'one frozen process' } as const;
  expect(await brokenIn(planned, /is named by two rows/)).toEqual([]);
});
