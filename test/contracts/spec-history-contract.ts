import type { SpecHistory } from '../../src/domain/history/history.ts';
import type { SpecStore } from '../../src/domain/mapping/assistant-mapping.ts';
import { freshKey } from './mapping-situations.ts';

const DAY_1 = '2026-03-01T10:00:00.000Z';
const DAY_2 = '2026-03-02T10:00:00.000Z';
const DAY_3 = '2026-03-03T10:00:00.000Z';
const summary = { name: 'Front desk', model: 'openai/gpt-4o', voice: 'azure/emma' };

/** What every `SpecHistory` promises of the configurations of its store. */
export function describeSpecHistory(stores: () => { specs: SpecStore; history: SpecHistory }): void {
  describe('history of the configurations', () => {
    const save = (key: ReturnType<typeof freshKey>, specHash: string, at = DAY_1) =>
      stores().specs.save(key, { specHash, payload: { prompt: 'secret' }, tools: [], at });

    it('is empty where nothing was saved', async () => {
      expect(await stores().history.list(freshKey())).toEqual([]);
    });

    it('has what was saved, without its content', async () => {
      const key = freshKey();
      await save(key, 'one');
      expect(await stores().history.list(key)).toEqual([{ specHash: 'one', savedAt: DAY_1 }]);
    });

    it('keeps the first and the last time at which a configuration was applied, and what it was', async () => {
      const { specs, history } = stores();
      const key = freshKey();
      await save(key, 'one');
      await history.noteApplied(key, { specHash: 'one', at: DAY_1, summary: {} });
      await save(key, 'one', DAY_2);
      await history.noteApplied(key, { specHash: 'one', at: DAY_3, summary });
      expect(await history.list(key)).toEqual([
        { specHash: 'one', savedAt: DAY_2, appliedAt: DAY_3, firstAppliedAt: DAY_1, summary },
      ]);
      expect(await specs.load(key, 'one')).toEqual({ payload: { prompt: 'secret' }, tools: [] });
    });

    it('knows nothing of a configuration that is not stored: a note must not make an empty one', async () => {
      const { specs, history } = stores();
      const key = freshKey();
      await history.noteApplied(key, { specHash: 'gone', at: DAY_1, summary });
      expect(await history.list(key)).toEqual([]);
      expect(await specs.load(key, 'gone')).toBeUndefined();
    });

    it('keeps roles apart', async () => {
      const key = freshKey();
      await save(key, 'one');
      expect(await stores().history.list({ ...key, role: 'outbound' })).toEqual([]);
    });

    it('lists more than a database gives in one page', async () => {
      const key = freshKey();
      const hashes = Array.from({ length: 6 }, (_, index) => `hash-${index}`);
      const payload = { prompt: 'x'.repeat(250 * 1024) };
      await Promise.all(
        hashes.map((specHash) => stores().specs.save(key, { specHash, payload, tools: [], at: DAY_1 })),
      );
      const listed = await stores().history.list(key);
      expect(listed.map(({ specHash }) => specHash).toSorted()).toEqual(hashes);
    });

    it('removes what it is told to, and not what was saved again since it was listed', async () => {
      const { specs, history } = stores();
      const key = freshKey();
      await save(key, 'old');
      await save(key, 'again');
      await save(key, 'kept');
      const listed = await history.list(key);
      await save(key, 'again', DAY_2);
      await history.remove(
        key,
        listed.filter(({ specHash }) => specHash !== 'kept'),
      );
      const left = (await history.list(key)).map(({ specHash }) => specHash);
      expect(left.toSorted()).toEqual(['again', 'kept']);
      expect(await specs.load(key, 'old')).toBeUndefined();
    });

    it('removes what is gone already without complaint', async () => {
      const key = freshKey();
      await expect(stores().history.remove(key, [{ specHash: 'gone', savedAt: DAY_1 }])).resolves.toBeUndefined();
    });

    it('goes with the configurations, and does not come back with them', async () => {
      const { specs, history } = stores();
      const key = freshKey();
      for (const specHash of ['one', 'two']) {
        await save(key, specHash);
        await history.noteApplied(key, { specHash, at: DAY_1, summary });
      }
      await history.remove(key, [{ specHash: 'two', savedAt: DAY_1 }]);
      await specs.removeAll(key);
      expect(await history.list(key)).toEqual([]);
      await save(key, 'one', DAY_2);
      await save(key, 'two', DAY_2);
      const listed = await history.list(key);
      expect(listed.toSorted((a, b) => (a.specHash < b.specHash ? -1 : 1))).toEqual([
        { specHash: 'one', savedAt: DAY_2 },
        { specHash: 'two', savedAt: DAY_2 },
      ]);
    });
  });
}
