import fc from 'fast-check';
import { HIDDEN, hiddenErrors, mask, maskChange, maskText } from '../../../src/domain/configuration/masking.ts';
import { isJsonObject, type Json } from '../../../src/domain/json.ts';

const NAMES = [
  'apiKey',
  'api-key',
  'secret',
  'clientSecret',
  'token',
  'twilioAuthToken',
  'password',
  'authorization',
  'Authorization',
  'credentials',
  'credential',
  'headers',
  'privateKey',
  'accessKeyId',
  'secretAccessKey',
];

const TEXTS = [
  'Bearer TOPSECRET',
  'sk-FIRSTKEY1',
  'sk_live_0123456789abcdef',
  'AKIAIOSFODNN7EXAMPLE',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
  'ghp_0123456789abcdefghijklmnop',
  'https://user:pa55word@example.com/x',
  'https://example.com/hook?token=abcdef&x=1',
  'aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW',
];

describe('a secret is hidden', () => {
  it.each(NAMES)('by the name of its field: %s, however deep below it', (name) => {
    expect(JSON.stringify(mask({ a: [{ [name]: { b: ['VALUE'] } }] }))).not.toContain('VALUE');
  });

  it.each(TEXTS)('by its own shape: %s', (text) => {
    for (const part of [text, `Say ${text} now`]) {
      const masked = String(mask({ note: part }) && JSON.stringify(mask({ note: part })));
      if (part !== text && /^[\w]{32,}$/.test(text)) continue;
      expect(masked).toContain(HIDDEN);
      expect(masked).not.toMatch(/TOPSECRET|FIRSTKEY|live_0|IOSFOD|eyJhb|ghp_0|pa55word|abcdef|aB3dE5/);
    }
  });

  it('in a difference, of which it is still said that there is one', () => {
    const change = { path: '/server/headers/Authorization', wanted: 'one', live: 'two' };
    expect(maskChange(change)).toEqual({ path: change.path, wanted: HIDDEN, live: HIDDEN });
    const whole = { path: '/credentials', wanted: null, live: [{ apiKey: 'x', provider: '11labs' }] };
    expect(JSON.stringify(maskChange(whole))).not.toMatch(/"x"/);
  });
});

it.each([
  [
    'a prompt',
    { model: { messages: [{ role: 'system', content: 'Ask for the password reset and the bearer of news.' }] } },
  ],
  ['numbers, also of tokens', { model: { maxTokens: 250, temperature: 0.3 }, maxDurationSeconds: 600 }],
  ['ids', { credentialId: '6a1d1f2e-0000-4000-8000-0000000000aa', credentialIds: ['x'], toolIds: ['y'] }],
  ['voices', { voice: { provider: 'azure', voiceId: 'en-US-AndrewMultilingualNeural' } }],
  ['a hash', { hash: 'f9c3f2347ac5d50aa79dbdef49fdfd5e4f5b8e7b1628bdbaaad9a93967fba8a5' }],
  ['a plain address', { server: { url: 'https://example.com/vapi/events?org=acme' } }],
])('%s stays as it is', (_what, value) => {
  expect(mask(value)).toEqual(value);
});

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom(...TEXTS)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom(...NAMES)), tie('value'), { maxKeys: 4 }),
  ),
})).value;

/** A place for a secret, which is shown. */
const PLACE = /^\$\{\w+\}$/;

describe('of any JSON', () => {
  it('masking twice is masking once', () => {
    fc.assert(fc.property(json, (value) => expect(mask(mask(value))).toEqual(mask(value))));
  });

  it('keys and lengths stay', () => {
    fc.assert(fc.property(json, (value) => expect(shapeOf(mask(value))).toEqual(shapeOf(value))));
  });

  it('no text below a secret name survives', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), json, (name, value) => {
        expect(textsOf(mask({ [name]: value })).filter((text) => text !== HIDDEN && !PLACE.test(text))).toEqual([]);
      }),
    );
  });
});

it('a place for a secret is none', () => {
  const server = { secret: '${hook}', headers: { Authorization: 'Bearer ${token}', 'x-key': 'a${token}' } };
  expect(mask({ server })).toEqual({ server: { ...server, headers: { ...server.headers, 'x-key': HIDDEN } } });
});

it('what was shown in the place of a secret is refused, and prose about it is not', () => {
  const given = {
    server: { secret: HIDDEN, url: `https://x.example/?key=${HIDDEN}` },
    tools: [{ headers: { key: HIDDEN } }],
    model: { messages: [{ content: `Say ${HIDDEN} when you do not know.` }] },
  };
  const detail = `${HIDDEN} stands for a secret; give the secret itself`;
  expect(hiddenErrors(given, '')).toEqual([
    { field: 'server.secret', detail },
    { field: 'server.url', detail },
    { field: 'tools.0.headers.key', detail },
  ]);
});

it('a text is masked within, and the rest of it stays', () => {
  expect(maskText('Vapi says: key sk-FIRSTKEY1 is wrong')).toBe(`Vapi says: key ${HIDDEN} is wrong`);
});

function shapeOf(value: Json): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (isJsonObject(value)) return Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]);
  return typeof value;
}

function textsOf(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return isJsonObject(value) ? Object.values(value).flatMap(textsOf) : [];
}
