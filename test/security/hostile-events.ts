import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { PROMPT } from '../support/configurations.ts';

const DIRECTORY = join(import.meta.dirname, '../../events');

const FILES = readdirSync(DIRECTORY).filter((file) => file.endsWith('.json'));

/** The HTTP events of the folder, each body parsed, each prompt replaced by the text that no log may hold. */
const SEEDS: readonly JsonObject[] = FILES.flatMap((file) => {
  const event: Json = JSON.parse(readFileSync(join(DIRECTORY, file), 'utf8'));
  if (!isJsonObject(event) || event.version !== '2.0') return [];
  const body = String(event.body ?? '{}').replace(/You (answer|call)[^"]*/g, PROMPT);
  return [{ ...event, body: JSON.parse(body) }];
});

/** The same as they come to a function. */
export const EVENTS: readonly Json[] = SEEDS.map((seed) => written(seed, (body) => ({ body })));

const deep = (depth: number): Json => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

/** Values that make sense nowhere, and some that make sense somewhere else. */
const HOSTILE: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  ' ',
  'x',
  'inbound',
  'acme',
  '..',
  '../../globex',
  '..%2f..%2fglobex',
  'globex/../acme',
  'globex#ASSISTANT#inbound',
  'ORG#acme',
  'platform',
  'a\r\nSet-Cookie: stolen=1',
  'a\nX-Injected: 1',
  '\u0000',
  'аcme',
  'ａｃｍｅ',
  'Zürich',
  '🏢',
  '\ud800',
  '\u202eemca',
  'x'.repeat(65),
  'x'.repeat(5_000),
  `\${jndi:ldap://x}`,
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  '{"__proto__":{"polluted":true}}',
  [],
  {},
  [null],
  [[]],
  JSON.parse('{"then": "x"}'),
  { toString: 1, valueOf: null, toJSON: 'x', length: -1 },
  JSON.parse('{"__proto__": {"polluted": true}}'),
  { constructor: { prototype: { polluted: true } } },
  { provider: 'azure', voiceId: {} },
  { provider: '__proto__', voiceId: 'constructor' },
  { provider: 'constructor', model: 'toString' },
  deep(10),
  deep(70),
];

const NAMES = [
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '',
    'x',
    'orgId',
    'role',
    'body',
    'dryRun',
  ],
  ...['headers', 'x-operation-id', 'X-Operation-Id', 'tools', 'metadata', 'model', 'voice', 'messages', 'voiceId'],
];

interface Mutation {
  kind: 'replace' | 'remove' | 'add' | 'duplicate';
  /** Which child to go into, at each level; the walk ends with it or at a leaf. */
  way: number[];
  value: Json;
  name: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('replace', 'remove', 'add', 'duplicate'),
  way: fc.array(fc.nat(40), { minLength: 1, maxLength: 6 }),
  value: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...HOSTILE) }, { weight: 1, arbitrary: jsonValue() }),
  name: fc.constantFrom(...NAMES),
});

function jsonValue(): fc.Arbitrary<Json> {
  return fc.json({ maxDepth: 3 }).map((text): Json => JSON.parse(text));
}

/** The same with one thing changed somewhere. */
function mutate(value: Json, mutation: Mutation): Json {
  if (Array.isArray(value)) return mutateList(value, mutation);
  return isJsonObject(value) ? mutateObject(value, mutation) : mutation.value;
}

function mutateList(list: Json[], mutation: Mutation): Json[] {
  const [step = 0, ...way] = mutation.way;
  if (list.length === 0 || way.length === 0) {
    return mutation.kind === 'remove' ? list.slice(1) : [...list, mutation.value];
  }
  return list.map((item, index) => (index === step % list.length ? mutate(item, { ...mutation, way }) : item));
}

function mutateObject(object: JsonObject, mutation: Mutation): JsonObject {
  const { kind, name, value } = mutation;
  const [step = 0, ...way] = mutation.way;
  const entries = Object.entries(object);
  const chosen = entries[step % Math.max(entries.length, 1)];
  if (!chosen) return fromEntries([[name, value]]);
  const without = entries.filter(([key]) => key !== chosen[0]);
  if (way.length > 0) return fromEntries([...without, [chosen[0], mutate(chosen[1], { ...mutation, way })]]);
  if (kind === 'add') return fromEntries([...entries, [name, value]]);
  if (kind === 'duplicate') return fromEntries([...entries, [name, chosen[1]]]);
  return fromEntries(kind === 'remove' ? without : [...without, [chosen[0], value]]);
}

/** Own properties whatever their names, as `JSON.parse` makes them. */
function fromEntries(entries: [string, Json][]): JsonObject {
  const made: JsonObject = {};
  for (const [key, value] of entries) {
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return made;
}

/** An event whose body is text again. */
function written(event: Json, disguise: (body: string) => JsonObject): Json {
  if (!isJsonObject(event)) return event;
  const { body } = event;
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? null);
  return fromEntries([...Object.entries(event), ...Object.entries(disguise(text))]);
}

/** How a body comes to the function: as it is, encoded, said to be encoded, cut off, too long, too deep, not JSON. */
const disguise: fc.Arbitrary<(body: string) => JsonObject> = fc.oneof(
  { weight: 12, arbitrary: fc.constant((body: string) => ({ body })) },
  {
    weight: 2,
    arbitrary: fc.constant((body: string) => ({ body: Buffer.from(body).toString('base64'), isBase64Encoded: true })),
  },
  { weight: 1, arbitrary: fc.constant((body: string) => ({ body, isBase64Encoded: true })) },
  { weight: 1, arbitrary: fc.nat(400).map((at) => (body: string) => ({ body: body.slice(0, at) })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('application/xml', 'text/plain', 'multipart/form-data; boundary=x', '\r\n')
      .map((type) => (body: string) => ({ body, headers: { 'content-type': type } })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('a=1&b=2', '<x/>', '\u0000', '﻿{}', 'null', '[]', '1', '"{}"', '{"a":1,}', 'NaN')
      .map((body) => () => ({ body })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(64, 65, 5_000, 200_000)
      .map((depth) => () => ({ body: `{"metadata":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}` })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(260_000, 1_100_000)
      .map((size) => () => ({ body: JSON.stringify({ name: 'x', firstMessage: 'x'.repeat(size) }) })),
  },
);

const mutant: fc.Arbitrary<Json> = fc
  .tuple(fc.constantFrom(...SEEDS), fc.array(mutation, { maxLength: 3 }), disguise)
  .map(([seed, mutations, wrap]) => written(mutations.reduce<Json>(mutate, seed), wrap));

const bodyMutant: fc.Arbitrary<Json> = fc
  .tuple(fc.constantFrom(...SEEDS), fc.array(mutation, { minLength: 1, maxLength: 3 }), disguise)
  .map(([seed, mutations, wrap]) => written({ ...seed, body: mutations.reduce<Json>(mutate, seed.body ?? {}) }, wrap));

const path: fc.Arbitrary<Json> = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.constantFrom(...HOSTILE),
    fc.constantFrom(...HOSTILE),
    fc.string({ unit: 'binary' }),
  )
  .map(([seed, orgId, role, header]) =>
    written(
      {
        ...seed,
        pathParameters: {
          orgId: typeof orgId === 'string' ? orgId : 'globex',
          role: typeof role === 'string' ? role : 'inbound',
        },
        headers: { 'X-Operation-Id': header, 'x-forwarded-for': header },
      },
      (body) => ({ body }),
    ),
  );

const nonsense: fc.Arbitrary<unknown> = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true });

/** Events of every kind, from one slip in a good one to nonsense. */
export const hostileEvent: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: mutant },
  { weight: 6, arbitrary: bodyMutant },
  { weight: 4, arbitrary: path },
  { weight: 1, arbitrary: nonsense },
);

const TASK: JsonObject = { kind: 'sync-tools', orgId: 'globex', role: 'inbound', operationId: 'x' };

/** Messages of the queue: a task with one slip, a task, or nonsense. */
export const hostileMessage: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: mutation.map((change) => mutate(TASK, change)) },
  { weight: 1, arbitrary: fc.constant(TASK) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE) },
);
