import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import type { SpecHistory } from '../../src/domain/history/history.ts';
import type { SpecStore, SpecToStore } from '../../src/domain/mapping/stores.ts';
import { freshKey } from './mapping-situations.ts';
import { specToStore } from './spec-to-store.ts';

const DAY_1 = '2026-03-01T10:00:00.000Z';
const DAY_2 = '2026-03-02T10:00:00.000Z';
const summary = { name: 'Front desk', model: 'openai/gpt-4o', voice: 'azure/emma' };

/** What every `SpecHistory` promises of the configurations of its store. */
export function describeSpecHistory(stores: () => { specs: SpecStore; history: SpecHistory }): void {
  describe('history of the configurations', () => {
    const save = (key: AssistantKey, specHash: string, spec: Partial<SpecToStore> = {}) =>
      stores().specs.save(key, specToStore({ specHash, payload: { prompt: 'secret' }, summary, at: DAY_1, ...spec }));
    const listed = async (key: AssistantKey) =>
      (await stores().history.list(key)).toSorted((a, b) => (a.specHash < b.specHash ? -1 : 1));
    const first = { savedAt: DAY_1, firstSavedAt: DAY_1, applied: false, appliedBefore: [], summary };

    it('is empty where nothing was saved', async () => {
      expect(await stores().history.list(freshKey())).toEqual([]);
    });

    it('has what was saved, without its content', async () => {
      const key = freshKey();
      await save(key, 'one');
      expect(await stores().history.list(key)).toEqual([{ ...first, specHash: 'one' }]);
    });

    it('keeps the first and the last time, and what it was the last time', async () => {
      const { specs, history } = stores();
      const key = freshKey();
      await specs.save(key, specToStore({ specHash: 'one', at: DAY_1 }));
      await save(key, 'one', { at: DAY_2 });
      expect(await history.list(key)).toEqual([{ ...first, specHash: 'one', savedAt: DAY_2 }]);
      expect(await specs.load(key, 'one')).toEqual({ payload: { prompt: 'secret' }, tools: [] });
    });

    it('knows what was applied by what was stored after it, however often that is stored', async () => {
      const key = freshKey();
      await save(key, 'one');
      await save(key, 'refused', { appliedBefore: ['one'] });
      await save(key, 'two', { appliedBefore: ['one'] });
      await save(key, 'three', { appliedBefore: ['two'] });
      await save(key, 'two', { at: DAY_2, appliedBefore: ['three'] });
      expect((await listed(key)).map(({ specHash, applied }) => [specHash, applied])).toEqual([
        ['one', true],
        ['refused', false],
        ['three', true],
        ['two', true],
      ]);
    });

    it('knows nothing of a configuration that is not stored, and forgets what it says of one', async () => {
      const key = freshKey();
      await save(key, 'one', { appliedBefore: ['gone', 'two'] });
      await save(key, 'two');
      expect((await listed(key)).map(({ specHash, applied }) => [specHash, applied])).toEqual([
        ['one', false],
        ['two', true],
      ]);
      expect(await stores().specs.load(key, 'gone')).toBeUndefined();
      await stores().history.forget(key, { ...first, specHash: 'one' }, ['gone', 'unheard-of']);
      expect((await listed(key))[0]?.appliedBefore).toEqual(['two']);
      await stores().history.forget(key, { ...first, specHash: 'nobody' }, ['two']);
      expect(await listed(key)).toHaveLength(2);
    });

    it('forgets nothing of one that was saved again since it was listed', async () => {
      const key = freshKey();
      await save(key, 'one', { appliedBefore: ['back'] });
      await save(key, 'one', { at: DAY_2, appliedBefore: ['back'] });
      await stores().history.forget(key, { ...first, specHash: 'one' }, ['back']);
      expect((await listed(key))[0]?.appliedBefore).toEqual(['back']);
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
      await Promise.all(hashes.map((specHash) => stores().specs.save(key, specToStore({ specHash, payload }))));
      expect((await listed(key)).map(({ specHash }) => specHash)).toEqual(hashes);
    });

    it('removes what it is told to, and not what was saved again since it was listed', async () => {
      const { specs, history } = stores();
      const key = freshKey();
      await save(key, 'old');
      await save(key, 'again');
      await save(key, 'kept');
      const before = await history.list(key);
      await save(key, 'again', { at: DAY_2 });
      await history.remove(
        key,
        before.filter(({ specHash }) => specHash !== 'kept'),
      );
      const left = (await history.list(key)).map(({ specHash }) => specHash);
      expect(left.toSorted()).toEqual(['again', 'kept']);
      expect(await specs.load(key, 'old')).toBeUndefined();
    });

    it('removes what is gone already without complaint', async () => {
      const key = freshKey();
      await expect(stores().history.remove(key, [{ ...first, specHash: 'gone' }])).resolves.toBeUndefined();
    });

    it('goes with the configurations, and does not come back with them', async () => {
      const { specs, history } = stores();
      const key = freshKey();
      await save(key, 'one');
      await save(key, 'two', { appliedBefore: ['one'] });
      await history.remove(key, [{ ...first, specHash: 'two' }]);
      expect(await listed(key)).toEqual([{ ...first, specHash: 'one' }]);
      await save(key, 'two', { appliedBefore: ['one'] });
      await specs.removeAll(key);
      expect(await listed(key)).toEqual([]);
      await save(key, 'one');
      await save(key, 'two');
      expect(await listed(key)).toEqual([
        { ...first, specHash: 'one' },
        { ...first, specHash: 'two' },
      ]);
    });
  });
}
