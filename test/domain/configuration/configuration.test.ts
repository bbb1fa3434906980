import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { AssistantKey } from '../../../src/domain/configuration/assistant-key.ts';
import { parseAssistantRequest } from '../../../src/domain/configuration/assistant-request.ts';
import { hashOf } from '../../../src/domain/configuration/canonical-hash.ts';
import {
  type DesiredAssistant,
  desireAssistant,
  isOurs,
  ownership,
} from '../../../src/domain/configuration/configuration.ts';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import { RULES } from '../../support/configurations.ts';
import { anyJson, anyObject } from '../arbitrary-json.ts';
import { fieldsOf, problemOf } from '../thrown-problem.ts';

const KEY: AssistantKey = { orgId: 'acme', role: 'inbound' };
const OURS = { managedBy: 'vapi-sync', deployment: 'blue', orgId: 'acme', role: 'inbound' };

function desire(body: JsonObject, key: AssistantKey = KEY): DesiredAssistant {
  return desireAssistant(parseAssistantRequest(body, RULES), key, 'blue');
}

/** The same JSON with the keys of every object in another order. */
function reordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]): [string, Json] => [key, reordered(item)])
      .toReversed(),
  );
}

describe('ownership in the metadata', () => {
  it('is merged into the caller’s, which stays', () => {
    expect(desire({ metadata: { tier: 'gold', nested: { a: 1 } } }).payload.metadata).toEqual({
      tier: 'gold',
      nested: { a: 1 },
      ...OURS,
    });
  });

  it.each([[{}], [{ metadata: null }], [{ metadata: {} }]])('is there without any of the caller’s: %j', (body) => {
    expect(desire(body).payload.metadata).toEqual(OURS);
  });

  it.each(['managedBy', 'deployment', 'orgId', 'role', 'claimToken'])(
    'metadata.%s is ours to write: by it assistants are found again, adopted and removed',
    (name) => {
      for (const value of ['acme', null, 'vapi-sync']) {
        const problem = problemOf(() => desire({ metadata: { [name]: value } }));
        expect(problem.code).toBe('VALIDATION_FAILED');
        expect(fieldsOf(problem)).toEqual([`metadata.${name}`]);
      }
    },
  );

  it('all reserved names that are taken are named at once', () => {
    const problem = problemOf(() => desire({ metadata: { role: 'x', claimToken: 'y', tier: 'gold' } }));
    expect(fieldsOf(problem)).toEqual(['metadata.role', 'metadata.claimToken']);
  });

  it('names from the prototype are ordinary metadata', () => {
    const body: JsonObject = JSON.parse('{"metadata": {"__proto__": {"role": "x"}, "constructor": "y"}}');
    const { payload } = desire(body);
    const ours = JSON.stringify(OURS).slice(1, -1);
    expect(JSON.stringify(payload.metadata)).toBe(`{"__proto__":{"role":"x"},"constructor":"y",${ours}}`);
    expect(Object.hasOwn(Object.prototype, 'role')).toBe(false);
  });

  it.each([
    { name: 'all four agree', metadata: OURS, ours: true },
    { name: 'with a token and other metadata', metadata: { ...OURS, claimToken: 't', tier: 'gold' }, ours: true },
    { name: 'another organisation', metadata: { ...OURS, orgId: 'globex' }, ours: false },
    { name: 'the other role', metadata: { ...OURS, role: 'outbound' }, ours: false },
    { name: 'another deployment on the same account', metadata: { ...OURS, deployment: 'green' }, ours: false },
    { name: 'another tool', metadata: { ...OURS, managedBy: 'terraform' }, ours: false },
    { name: 'empty metadata', metadata: {}, ours: false },
    { name: 'no metadata', metadata: undefined, ours: false },
    { name: 'null', metadata: null, ours: false },
    { name: 'a list', metadata: ['vapi-sync'], ours: false },
  ])('an assistant is ours only when everything agrees: $name', ({ metadata, ours }) => {
    const config: JsonObject = metadata === undefined ? {} : { metadata };
    expect(isOurs(config, KEY, 'blue')).toBe(ours);
    expect(ownership(KEY, 'blue')).toEqual(OURS);
  });
});

describe('what has no canonical form is refused, as it could not be recognised again', () => {
  it.each([
    { name: 'half of a surrogate pair in a text', body: { firstMessage: 'a\ud83d' } },
    { name: 'half of a surrogate pair in a name', body: { metadata: { 'a\ude00': 1 } } },
    { name: 'a number that JSON reads as infinite', body: JSON.parse('{"metadata": {"big": 1e999}}') },
  ])('$name', ({ body }) => {
    const problem = problemOf(() => desire(body));
    expect(problem.code).toBe('VALIDATION_FAILED');
    expect(fieldsOf(problem)).toEqual(['body']);
  });

  it('whole surrogate pairs are text like any other', () => {
    expect(desire({ firstMessage: '👋' }).payload.firstMessage).toBe('👋');
  });
});

describe('the hash of a configuration', () => {
  it('is pinned: another value would make every stored mapping look changed', () => {
    const { specHash } = desire({
      name: 'Front desk',
      model: { provider: 'openai', model: 'gpt-4o', temperature: 0.5 },
    });
    expect(specHash).toBe('2025fd3775d0fb2b89a808523eb2a1068ed2fd8e2d0b8d1748b4cefdf4dab2e6');
  });

  it('is the SHA-256 of the RFC 8785 form', () => {
    const canonical = '{"a":{},"b":[1e+21,0,"é\\u0007"]}';
    expect(hashOf({ b: [1e21, -0, 'é\u0007'], a: {} })).toBe(createHash('sha256').update(canonical).digest('hex'));
  });

  it('does not depend on the order of keys at any depth', () => {
    fc.assert(
      fc.property(anyObject, (config) => {
        expect(hashOf(Object.fromEntries(Object.entries(config).toReversed()))).toBe(hashOf(config));
        expect(hashOf({ config: reordered(config) })).toBe(hashOf({ config }));
      }),
    );
  });

  it('differs for different content', () => {
    fc.assert(
      fc.property(anyJson, anyJson, (a, b) => {
        expect(hashOf({ value: a }) === hashOf({ value: b })).toBe(isDeepStrictEqual(a, b));
      }),
    );
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['a number and its text', { a: 1 }, { a: '1' }],
    ['null and absent', { a: null }, {}],
    ['an empty object and an empty list', { a: {} }, { a: [] }],
    ['the order of a list', { a: [1, 2] }, { a: [2, 1] }],
    ['composed and decomposed letters, which Vapi keeps apart', { a: '\u00e9' }, { a: 'e\u0301' }],
    ['an own __proto__ and none', JSON.parse('{"__proto__": {}}'), {}],
  ])('tells apart: %s', (_name, a, b) => {
    expect(hashOf(a)).not.toBe(hashOf(b));
  });

  it.each<[string, AssistantKey]>([
    ['role', { orgId: 'acme', role: 'outbound' }],
    ['organisation', { orgId: 'globex', role: 'inbound' }],
  ])('covers the %s, as the metadata does', (_name, other) => {
    expect(desire({ name: 'x' }, other).specHash).not.toBe(desire({ name: 'x' }).specHash);
  });

  it('is the same for flat and nested form, and for an old and the default voice: nothing changes for Vapi', () => {
    const nested = desire({ server: { url: 'https://x.example' }, voice: { provider: 'vapi', voiceId: 'Elliot' } });
    expect(desire({ serverUrl: 'https://x.example' }).specHash).toBe(nested.specHash);
  });
});
