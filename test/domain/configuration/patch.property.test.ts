import fc from 'fast-check';
import { type DiffInput, own } from '../../../src/domain/configuration/diff.ts';
import { patchAssistant } from '../../../src/domain/configuration/patch.ts';
import { shapeOf } from '../../../src/domain/configuration/shape.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/domain/json.ts';
import { anyJson, anyObject, objectOf } from '../arbitrary-json.ts';

const FIELDS = ['name', 'model', 'voice', 'transcriber', 'metadata', 'hooks', '__proto__', 'constructor'];
const config = objectOf(FIELDS, fc.oneof({ arbitrary: anyObject, weight: 3 }, anyJson));

/**
 * Independent configurations, and those that a history would leave: the live object is one that was applied, changed.
 */
const input: fc.Arbitrary<DiffInput> = fc
  .record({
    wanted: config,
    drifted: config,
    lastApplied: fc.array(config, { maxLength: 2 }),
    alreadyApplied: fc.boolean(),
    base: fc.constantFrom<'none' | 'wanted' | 'last'>('none', 'wanted', 'last'),
  })
  .map(({ base, drifted, ...rest }) => {
    const from = { none: {}, wanted: rest.wanted, last: rest.lastApplied[0] ?? {} }[base];
    return { ...rest, live: { ...from, ...drifted } };
  });

/** The update as Vapi does it: absent top-level fields stay, others are replaced whole, null removes. */
function applyAtVapi(live: JsonObject, body: JsonObject): JsonObject {
  const merged = { ...live, ...body };
  return Object.fromEntries(Object.entries(merged).filter(([field]) => own(body, field) !== null));
}

function patched(given: DiffInput): JsonObject {
  return applyAtVapi(given.live, patchAssistant(given).body ?? {});
}

const HAS_PROVIDER = ['model', 'voice', 'transcriber'];

interface Survival {
  live: JsonObject;
  wanted: JsonObject;
  last: readonly JsonObject[];
}

/** The live object without what was ever declared: all of this must still be there afterwards. */
function undeclared({ live, wanted, last }: Survival): [string[], Json][] {
  return Object.entries(live).flatMap(([key, value]): [string[], Json][] => {
    const target = own(wanted, key);
    if (target === undefined) return last.some((earlier) => Object.hasOwn(earlier, key)) ? [] : [[[key], value]];
    if (!isJsonObject(target) || !isJsonObject(value)) return [];
    const before = last.map((earlier) => own(earlier, key)).filter(isJsonObject);
    const below = undeclared({ live: value, wanted: target, last: before });
    return below.map(([path, kept]) => [[key, ...path], kept]);
  });
}

function valueAt(json: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((value, key) => (isJsonObject(value) ? own(value, key) : undefined), json);
}

function changesProvider({ live, wanted }: DiffInput, field: string): boolean {
  return HAS_PROVIDER.includes(field) && valueAt(live, [field, 'provider']) !== valueAt(wanted, [field, 'provider']);
}

/** Null stands for absent, an empty object declares nothing, lists are declared whole. */
function isAsDeclared(wanted: Json, live: Json | undefined): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(live) && live.length === wanted.length && wanted.every((item, i) => isAsDeclared(item, live[i]))
    );
  }
  if (!isJsonObject(wanted)) return (live ?? null) === wanted;
  if (!isJsonObject(live)) return live === undefined && Object.keys(wanted).length === 0;
  return Object.entries(wanted).every(([key, value]) => isAsDeclared(value, own(live, key)));
}

/** The same fields with other values. */
function withOtherValues(value: Json, scalars: readonly Json[]): Json {
  let next = 0;
  const change = (from: Json): Json => {
    if (Array.isArray(from)) return from.map(change);
    if (isJsonObject(from)) return Object.fromEntries(Object.entries(from).map(([key, of]) => [key, change(of)]));
    next += 1;
    return scalars[next % scalars.length] ?? from;
  };
  return change(value);
}

const ofOneShape = fc
  .record({ given: input, scalars: fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null))) })
  .map(({ given, scalars }) => ({ given, last: withOtherValues(given.wanted, scalars) }));

describe('a configuration of the same shape as the one before', () => {
  it('is of the same shape whatever its values are, and of another one with a field more', () => {
    fc.assert(
      fc.property(ofOneShape, ({ given: { wanted }, last }) => {
        if (!isJsonObject(last)) throw new Error('not an object');
        expect(shapeOf(last)).toBe(shapeOf(wanted));
        fc.pre(shapeOf(wanted) !== undefined);
        expect(shapeOf({ ...wanted, another: null })).not.toBe(shapeOf(wanted));
        expect(shapeOf({ ...wanted, name: [wanted] })).not.toBe(shapeOf({ ...wanted, name: [wanted, wanted] }));
      }),
    );
  });

  it('gives the same PATCH whether the one before is known or not', () => {
    fc.assert(
      fc.property(ofOneShape, ({ given, last }) => {
        if (!isJsonObject(last)) throw new Error('not an object');
        const known = patchAssistant({ ...given, lastApplied: [last] });
        expect(known).toEqual(patchAssistant({ ...given, lastApplied: [] }));
      }),
      { numRuns: 2_000 },
    );
  });

  it('has no shape where it names tools by their ids, as the ids decide what is unlinked', () => {
    expect(shapeOf({ model: { provider: 'openai', toolIds: ['a'] } })).toBeUndefined();
  });
});

describe('whatever is wanted, live and was applied before', () => {
  it('after the PATCH nothing is left to change: else every save would be a write', () => {
    fc.assert(
      fc.property(input, (given) => {
        const live = patched(given);
        expect(patchAssistant({ ...given, live })).toEqual({ changes: [] });
      }),
      { numRuns: 1_000 },
    );
  });

  it('a top-level field that is not changed is never sent', () => {
    fc.assert(
      fc.property(input, (given) => {
        const { changes, body = {} } = patchAssistant(given);
        const named = new Set(changes.map(({ path }) => path.split('/')[1]));
        expect(Object.keys(body).toSorted()).toEqual([...named].toSorted());
        for (const [field, value] of Object.entries(body)) expect(value).not.toEqual(own(given.live, field) ?? null);
      }),
      { numRuns: 1_000 },
    );
  });

  it('a live field that was never declared survives', () => {
    fc.assert(
      fc.property(input, (given) => {
        const after = patched(given);
        const kept = undeclared({ ...given, last: given.lastApplied });
        for (const [path, value] of kept.filter(([[field = '']]) => !changesProvider(given, field))) {
          expect(valueAt(after, path)).toEqual(value);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('every declared field is as declared afterwards', () => {
    fc.assert(
      fc.property(input, (given) => {
        const after = patched({ ...given, alreadyApplied: false });
        expect(isAsDeclared(given.wanted, after)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('nothing that is given is changed in place', () => {
    fc.assert(
      fc.property(input, (given) => {
        const before = JSON.stringify(given);
        patchAssistant(given);
        expect(JSON.stringify(given)).toBe(before);
      }),
    );
  });
});
