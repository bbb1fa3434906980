import { type AnnounceDependencies, announce } from '../../../src/domain/changes/announce.ts';
import type { TableWrite } from '../../../src/domain/changes/announcement.ts';
import { type AssistantMapping, NO_TOOLS } from '../../../src/domain/mapping/assistant-mapping.ts';

const AT = '2026-01-01T00:00:00.000Z';
const row = (orgId: string, revision: number): AssistantMapping => ({
  ...{ orgId, role: 'inbound', revision, assistantId: `assistant-${orgId}`, specHash: `hash-${revision}` },
  ...{ attempted: [], tools: NO_TOOLS, formerNumbers: [], retiring: [], createdAt: AT, updatedAt: AT },
  changedAt: `2026-01-01T00:00:0${revision}.000Z`,
});

/** The write that ended the claim of an update. */
function updateOf(orgId: string, revision: number): TableWrite {
  const token = `${orgId}-${revision}`;
  const times = { startedAt: AT, since: AT, expiresAt: AT };
  const claim = { token, operation: 'update', scope: 'platform', ...times, by: { kind: 'local', id: 'x' } } as const;
  const before = { ...row(orgId, revision - 1), claim };
  return { kind: 'mapping', sequence: token, at: AT, before, after: row(orgId, revision) };
}

const batches: string[][] = [];
beforeEach(() => void batches.splice(0));

/** A bus that does not take these places of its first batch. */
function depsOf(refused: readonly number[]): AnnounceDependencies {
  const none = () => Promise.reject(new Error('not asked'));
  return {
    changes: { keep: async (change) => change, ofOrganisation: none, since: none },
    specs: { load: async () => undefined, save: none, removeAll: none },
    bus: {
      put: async (events) => {
        batches.push(events.map(({ detail }) => detail.id));
        return batches.length === 1 ? refused : [];
      },
    },
    journal: { record: () => {} },
  };
}

const WRITES = [updateOf('a', 2), updateOf('b', 2), updateOf('c', 2), updateOf('a', 3)];

it('events of several assistants leave together, two of one assistant one after the other', async () => {
  expect(await announce(depsOf([]), WRITES)).toBeUndefined();
  expect(batches).toEqual([['a-2', 'b-2', 'c-2'], ['a-3']]);
});

it.each([
  [[1], 'b-2'],
  [[0, 2], 'a-2'],
  [[2, 1], 'b-2'],
])('of those that were not taken, in places %j, all come again from the first on', async (refused, first) => {
  expect(await announce(depsOf(refused), WRITES)).toBe(first);
  expect(batches).toHaveLength(1);
});

it('a change that cannot be kept is not told, and none behind it; those before it are', async () => {
  const deps = depsOf([]);
  const keep: typeof deps.changes.keep = async (change) => {
    if (change.orgId === 'b') throw new Error('away');
    return change;
  };
  expect(await announce({ ...deps, changes: { ...deps.changes, keep } }, WRITES)).toBe('b-2');
  expect(batches).toEqual([['a-2']]);
});

it('a removal comes after the change before it, also by a process whose clock is behind', async () => {
  const times = { startedAt: AT, since: AT, expiresAt: AT };
  const claim = { token: 'gone', operation: 'delete', scope: 'platform', ...times } as const;
  const before = { ...row('a', 3), claim };
  const kept: string[] = [];
  const deps = depsOf([]);
  const keep: typeof deps.changes.keep = async (change) => {
    kept.push(`${change.action} ${change.at}`);
    return change;
  };
  const removal: TableWrite = { kind: 'mapping', sequence: 'gone', at: AT, before, after: undefined };
  await announce({ ...deps, changes: { ...deps.changes, keep } }, [updateOf('a', 3), removal]);
  expect(kept).toEqual(['updated 2026-01-01T00:00:03.000Z', 'removed 2026-01-01T00:00:03.001Z']);
});

it('what one run finds of one assistant at two times has two ids: nobody takes the second for a repetition', async () => {
  const found = (since: string, fields: string[]): AssistantMapping => ({
    ...row('a', 2),
    drift: { class: 'drifted', since, runId: 'run-1', fields, heals: 0 },
  });
  const [first, second] = [found(AT, ['/name']), found('2026-01-01T00:00:05.000Z', ['/voice'])];
  const write = (before: AssistantMapping, after: AssistantMapping): TableWrite => {
    return { kind: 'mapping', sequence: after.drift?.since ?? '', at: AT, before, after };
  };
  expect(await announce(depsOf([]), [write(row('a', 2), first), write(first, second)])).toBeUndefined();
  const ids = batches.flat();
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(3);
});

it('no request is larger than EventBridge takes: such a one would come again for ever, and all others behind it', async () => {
  const specs: AnnounceDependencies['specs'] = {
    ...depsOf([]).specs,
    load: async (_key, hash) => ({
      payload: { metadata: { ['x'.repeat(200_000)]: hash, ...manyOf(hash) } },
      tools: [],
    }),
  };
  const sizes: number[] = [];
  const bus: AnnounceDependencies['bus'] = {
    put: async (events) => {
      sizes.push(Buffer.byteLength(JSON.stringify(events)));
      return [];
    },
  };
  const writes = Array.from({ length: 20 }, (_, index) => updateOf(`org-${index}`, 2));
  expect(await announce({ ...depsOf([]), specs, bus }, writes)).toBeUndefined();
  expect(sizes).toHaveLength(2);
  for (const size of sizes) expect(size).toBeLessThan(256 * 1024);
});

function manyOf(hash: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`${hash}-${index}-`.padEnd(240, 'é'), hash]));
}
