import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import type { SpecStore } from '../../src/domain/mapping/stores.ts';
import { freshKey } from './mapping-situations.ts';
import { specToStore } from './spec-to-store.ts';

/** Payloads of which a careless store changes something, each as the text that has to come back. */
const DELICATE = [
  { name: 'a key that is a trap in JavaScript', text: '{"__proto__":{"polluted":true},"constructor":{"name":"x"}}' },
  { name: 'empty texts, lists and objects', text: '{"a":"","b":[],"c":{},"d":null,"e":[""],"":"empty key"}' },
  { name: 'large and small numbers', text: '{"n":[0.1,0.30000000000000004,1e+21,5e-324,9007199254740991,-1.5,0]}' },
  { name: 'Unicode, control characters and a lone surrogate', text: '{"t":"Grüße 🎙️ \\u0000\\n\\t \\ud83d"}' },
  { name: 'keys in the order in which they came', text: '{"z":1,"a":2,"m":{"y":1,"b":2}}' },
  { name: 'names that mean something to a database', text: '{"S":"x","N":"1","#a":":b","pk":"ORG#x","NULL":true}' },
] as const;

/** What every `SpecStore` promises. `store` is called in the tests, when the store is there. */
export function describeSpecStore(store: () => SpecStore): void {
  describe('configuration store', () => {
    it('has nothing of what was not saved', async () => {
      expect(await store().load(freshKey(), 'hash')).toBeUndefined();
    });

    it.each(DELICATE)('gives back to the letter: $name', async ({ text }) => {
      const key = freshKey();
      await store().save(key, specToStore({ payload: parse(text) }));
      expect(JSON.stringify((await store().load(key, 'hash'))?.payload)).toBe(text);
    });

    it('keeps the configurations of keys and hashes apart', async () => {
      const key = freshKey();
      const other = { ...key, role: 'outbound' } as const;
      await store().save(key, specToStore({ specHash: 'one' }));
      await store().save(key, specToStore({ specHash: 'two', payload: { n: 2 } }));
      await store().save(other, specToStore({ specHash: 'one', payload: { n: 3 } }));
      expect(await store().load(key, 'one')).toEqual({ payload: { n: 1 }, tools: [] });
      expect(await store().load(key, 'two')).toEqual({ payload: { n: 2 }, tools: [] });
      expect(await store().load(other, 'one')).toEqual({ payload: { n: 3 }, tools: [] });
    });

    it('keeps the definitions of tools, in their order', async () => {
      const key = freshKey();
      const tools: JsonObject[] = [{ type: 'function', function: { name: 'b' } }, { type: 'endCall' }];
      await store().save(key, specToStore({ payload: { n: 1 }, tools }));
      expect(await store().load(key, 'hash')).toEqual({ payload: { n: 1 }, tools });
    });

    it('is saved again without harm', async () => {
      const key = freshKey();
      for (const at of ['2026-03-01T10:00:00.000Z', '2026-04-01T00:00:00.000Z']) {
        await store().save(key, specToStore({ at }));
      }
      expect(await store().load(key, 'hash')).toEqual({ payload: { n: 1 }, tools: [] });
    });

    it('gives back what nobody can change the stored one by', async () => {
      const key = freshKey();
      await store().save(key, specToStore());
      Reflect.set((await store().load(key, 'hash'))?.payload ?? {}, 'n', 2);
      expect(await store().load(key, 'hash')).toEqual({ payload: { n: 1 }, tools: [] });
    });

    it('removes all of a key, more than a database gives in one page, and nothing else', async () => {
      const key = freshKey();
      const kept = { ...key, role: 'outbound' } as const;
      const hashes = Array.from({ length: 6 }, (_, index) => `hash-${index}`);
      const payload = { prompt: 'x'.repeat(250 * 1024) };
      await Promise.all(hashes.map((specHash) => store().save(key, specToStore({ specHash, payload }))));
      await store().save(kept, specToStore({ specHash: 'hash-0' }));
      expect(await store().load(key, 'hash-5')).toEqual({ payload, tools: [] });
      await store().removeAll(key);
      const left = await Promise.all(hashes.map((specHash) => store().load(key, specHash)));
      expect(left).toEqual(hashes.map(() => undefined));
      expect(await store().load(kept, 'hash-0')).toEqual({ payload: { n: 1 }, tools: [] });
    });

    it('removes nothing where nothing is', async () => {
      await expect(store().removeAll(freshKey())).resolves.toBeUndefined();
    });
  });
}

function parse(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new Error(`not an object: ${text}`);
  return value;
}
