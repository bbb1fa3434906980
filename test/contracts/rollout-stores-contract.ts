import { randomUUID } from 'node:crypto';
import type { Rollout, RolloutStore, Target, TargetStore, TargetUnit } from '../../src/domain/rollouts/rollout.ts';

const AT = '2031-01-01T00:00:00.000Z';

interface RolloutStores {
  rollouts: RolloutStore;
  targets: TargetStore;
}

function newRollout(rolloutId = `20310101T000000Z-${randomUUID().slice(0, 8)}`): Rollout {
  return {
    rolloutId,
    template: 'clinic',
    version: 2,
    waves: { first: 1, growth: 'exponential', factor: 5, bakeSeconds: 60 },
    maxConcurrent: 5,
    failureTolerance: '2%',
    onFailure: 'pause',
    alarms: ['faults'],
    sizes: [1, 2],
    state: 'running',
    wave: 1,
    targets: 3,
    tolerance: 0,
    unit: 0,
    unitCount: 2,
    startedBy: { kind: 'local', id: 'me' },
    startedAt: AT,
    updatedAt: AT,
    change: 1,
  };
}

const target: Target = {
  orgId: 'acme',
  role: 'inbound',
  state: 'outdated',
  assistantId: 'a',
  from: 1,
  boundBy: 'b',
  specHash: 'c',
};

function newUnit(rolloutId: string, number: number): TargetUnit {
  return { rolloutId, number, wave: 1, targets: [target], version: 1 };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** What rollouts rely on, in memory and in DynamoDB alike. */
export function describeRolloutStores(stores: () => RolloutStores): void {
  describe('rollouts', () => {
    it('of many that are named as the newest in the place of the same one, one is', async () => {
      const { rollouts } = stores();
      const template = randomUUID();
      expect(await rollouts.newest(template)).toBeUndefined();
      const names = ['a', 'b', 'c'].map((runId) => ({ runId: `${template}-${runId}`, at: AT }));
      const named = await Promise.all(names.map((name) => rollouts.makeNewest(template, name, undefined)));
      expect(named.filter(Boolean)).toHaveLength(1);
      const first = names[named.indexOf(true)];
      expect(await rollouts.newest(template)).toEqual(first);
      const next = { runId: `${template}-next`, at: AT };
      expect(await rollouts.makeNewest(template, next, { runId: 'other', at: AT })).toBe(false);
      expect(await rollouts.makeNewest(template, next, first)).toBe(true);
      const again = { ...next, at: '2031-01-01T00:00:01.000Z' };
      expect(await rollouts.makeNewest(template, again, next)).toBe(true);
      expect(await rollouts.makeNewest(template, { runId: 'late', at: AT }, next)).toBe(false);
      const newest = (await all(rollouts.newestOfAll())).filter((id) => id.startsWith(template));
      expect(newest).toEqual([next.runId]);
    });

    it('is read as it was written, and written only as it was read', async () => {
      const { rollouts } = stores();
      const rollout = newRollout();
      await rollouts.create(rollout);
      await rollouts.create({ ...rollout, wave: 7 });
      expect(await rollouts.read(rollout.rolloutId)).toEqual(rollout);
      const counts = { outdated: 0, applying: 0, applied: 2, unchanged: 0, failed: 1, skipped: 0, 'rolled-back': 0 };
      const change = {
        dueAt: AT,
        waiting: { unit: 1, until: AT },
        counted: { counts, failures: [{ code: 'VAPI_REJECTED', count: 1, examples: ['acme/inbound'] }] },
      };
      const written = await rollouts.write(rollout, change);
      expect(written).toEqual({ ...rollout, ...change, change: 2 });
      expect(await rollouts.read(rollout.rolloutId)).toEqual(written);
      expect(await rollouts.write(rollout, { wave: 9 })).toBeUndefined();
      expect(await rollouts.read('20310101T000000Z-none')).toBeUndefined();
    });

    it('are listed page by page, the newest first', async () => {
      const { rollouts } = stores();
      const ids = ['20330101T000000Z', '20330102T000000Z', '20330103T000000Z'].map((at) => `${at}-x`);
      for (const id of ids) await rollouts.create(newRollout(id));
      const first = await rollouts.list({ limit: 2, after: undefined });
      const second = await rollouts.list({ limit: 1, after: first.next });
      const listed = [...first.items, ...second.items].map(({ rolloutId }) => rolloutId);
      expect(listed).toEqual(ids.toReversed());
    });
  });

  describe('targets of a rollout', () => {
    it('what is planned stays as it was planned first; of two who write a unit one gives way', async () => {
      const { targets } = stores();
      const rolloutId = randomUUID();
      const unit = newUnit(rolloutId, 0);
      await targets.add(unit);
      await targets.add({ ...unit, wave: 9 });
      expect(await targets.read(rolloutId, 0)).toEqual(unit);
      const applied = { ...target, state: 'applied' as const, reached: true };
      const change = { targets: [applied], heldUntil: AT };
      expect(await targets.write(unit, change)).toEqual({ ...unit, ...change, version: 2 });
      expect(await targets.write(unit, change)).toBeUndefined();
      expect(await targets.read(rolloutId, 1)).toBeUndefined();
    });

    it('come in the order of their numbers', async () => {
      const { targets } = stores();
      const rolloutId = randomUUID();
      for (const number of [10, 2, 0]) await targets.add(newUnit(rolloutId, number));
      expect((await all(targets.all(rolloutId))).map(({ number }) => number)).toEqual([0, 2, 10]);
    });
  });
}
