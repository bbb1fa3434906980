import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/domain/json.ts';

/** Few names, so that independent objects share some; and those that trip code which forgets the prototype. */
const NAMES = ['a', 'b', 'c', 'provider', 'messages', 'toolIds', '__proto__', 'constructor', 'x/y', '~'];

const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer({ min: 0, max: 3 }),
  fc.constantFrom('', 'x', 'y'),
);

/** Objects with the given values under some of the given names, as own properties, as `JSON.parse` makes them. */
export function objectOf(names: readonly string[], value: fc.Arbitrary<Json>): fc.Arbitrary<JsonObject> {
  const entry = fc.tuple(fc.constantFrom(...names), value);
  return fc
    .uniqueArray(entry, { maxLength: 5, selector: ([name]) => name })
    .map((entries) => Object.fromEntries(entries));
}

const tree = fc.letrec<{ json: Json; object: JsonObject }>((tie) => ({
  json: fc.oneof({ maxDepth: 3, depthSize: 'small' }, scalar, tie('object'), fc.array(tie('json'), { maxLength: 2 })),
  object: objectOf(NAMES, tie('json')),
}));

export const anyJson: fc.Arbitrary<Json> = tree.json;
export const anyObject: fc.Arbitrary<JsonObject> = tree.object;
