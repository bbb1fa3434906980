import fc from 'fast-check';
import { diffAssistant } from '../../../src/domain/configuration/diff.ts';
import { leaveAsLive } from '../../../src/domain/configuration/untouched.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { anyObject } from '../arbitrary-json.ts';

it.each<[string, JsonObject, JsonObject, string[], JsonObject]>([
  ['the live value stands in its place', { a: 1, b: 2 }, { a: 3, b: 4 }, ['/a'], { a: 3, b: 2 }],
  ['nested', { m: { a: 1, b: 2 } }, { m: { a: 3 } }, ['/m/a'], { m: { a: 3, b: 2 } }],
  ['what is not live is left out', { a: 1, b: 2 }, {}, ['/a'], { b: 2 }],
  ['what is live and not wanted is kept', { b: 2 }, { a: 1 }, ['/a'], { a: 1, b: 2 }],
  ['an escaped name', { 'a/b': 1 }, { 'a/b': 2 }, ['/a~1b'], { 'a/b': 2 }],
  ['below what is not there', { a: 1 }, { a: 2 }, ['/x/y', '/a/b'], { a: 1 }],
  ['nothing is named', { a: 1 }, { a: 2 }, [], { a: 1 }],
])('%s', (_what, wanted, live, pointers, left) => {
  expect(leaveAsLive(wanted, live, pointers)).toEqual(left);
});

it('of any two configurations, no field that is named differs afterwards', () => {
  fc.assert(
    fc.property(anyObject, anyObject, (wanted, live) => {
      const pointers = Object.keys(wanted).map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
      const left = leaveAsLive(wanted, live, pointers);
      expect(diffAssistant({ wanted: left, live, lastApplied: [], alreadyApplied: false })).toEqual([]);
    }),
  );
});
