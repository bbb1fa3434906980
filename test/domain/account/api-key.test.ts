import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { ApiKey } from '../../../src/domain/account/api-key.ts';

const TEXT = 'f3a1c0de-1111-4222-8333-444455556666';

function keyOf(text: string): ApiKey {
  const key = ApiKey.clean(text);
  if (!key) throw new Error('the key of the test is not usable');
  return key;
}

/** Every way in which code turns a value into text. */
const PRINTERS: [string, (key: ApiKey) => string][] = [
  ['String()', (key) => String(key)],
  ['a template', (key) => `${key}`],
  ['concatenation', (key) => `key ${[key].join('')}`],
  ['toString()', (key) => key.toString()],
  ['toLocaleString()', (key) => key.toLocaleString()],
  ['JSON.stringify', (key) => JSON.stringify(key)],
  ['JSON.stringify of an object around it', (key) => JSON.stringify({ headers: [{ authorization: key }] })],
  ['util.inspect', (key) => inspect(key)],
  ['util.inspect of all that is hidden', (key) => inspect({ key }, { showHidden: true, depth: null, getters: true })],
  ['util.inspect without custom printers', (key) => inspect(key, { customInspect: false, showHidden: true })],
  ['console formats', (key) => format('%s %o %O %j %d', key, key, key, key, key)],
  ['an error’s message', (key) => inspect(new Error(`refused ${key}`))],
  ['an error’s cause', (key) => inspect(new Error('refused', { cause: key }))],
  ['a spread copy', (key) => JSON.stringify({ ...key })],
  ['its own entries', (key) => JSON.stringify(Object.entries(key))],
  ['every property name and value', (key) => JSON.stringify(Object.getOwnPropertyDescriptors(key))],
  ['a structured clone', (key) => inspect(structuredClone({ key }))],
];

describe('a key is never printed', () => {
  it.each(PRINTERS)('by %s', (_name, print) => {
    expect(print(keyOf(TEXT))).not.toContain(TEXT);
  });

  it.each(PRINTERS)('whatever its text, by %s', (_name, print) => {
    const text = fc.string({ unit: fc.constantFrom(...'aZ09-_.~!/+='), minLength: 20, maxLength: 80 });
    fc.assert(
      fc.property(text, (value) => {
        expect(print(keyOf(`sk!${value}`))).not.toContain(value);
      }),
    );
  });

  it('but it says that a key was there', () => {
    expect(`${keyOf(TEXT)}`).toBe('[api key]');
  });

  it('and reveals itself when that is asked for', () => {
    expect(keyOf(TEXT).reveal()).toBe(TEXT);
  });
});

describe('what copy and paste leaves is removed', () => {
  it.each([
    ['blanks', `  ${TEXT} `],
    ['a newline at the end, as echo writes it', `${TEXT}\n`],
    ['a Windows line end', `${TEXT}\r\n`],
    ['a tab', `\t${TEXT}`],
    ['a byte order mark', `\ufeff${TEXT}`],
    ['a byte order mark before blanks', `\ufeff  ${TEXT}`],
    ['a blank before a byte order mark', ` \ufeff${TEXT}`],
    ['a zero-width space', `${TEXT}\u200b`],
    ['a no-break space', `\u00a0${TEXT}`],
    ['a NUL', `${TEXT}\u0000`],
    ['control characters inside', `${TEXT.slice(0, 8)}\u0007\u001b${TEXT.slice(8)}`],
    ['a line break inside, as a terminal wraps', `${TEXT.slice(0, 8)}\n${TEXT.slice(8)}`],
    ['DEL and C1 control characters', `\u007f\u0085${TEXT}\u009f`],
  ])('%s', (_name, text) => {
    expect(keyOf(text).reveal()).toBe(TEXT);
  });

  it('so that the same key is the same account, however it was pasted', () => {
    expect(keyOf(` ${TEXT}\n`).fingerprint).toBe(keyOf(TEXT).fingerprint);
    expect(keyOf(`${TEXT}x`).fingerprint).not.toBe(keyOf(TEXT).fingerprint);
    expect(keyOf(TEXT).fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('no key is made of what cannot be one', () => {
  it.each([
    ['nothing', ''],
    ['blanks', ' \t\n'],
    ['a byte order mark', '\ufeff'],
    ['control characters', '\u0000\u001b\u007f'],
    ['two words, such as a whole header', `Bearer ${TEXT}`],
    ['letters that no HTTP header can carry', 'ключ'],
    ['an ellipsis from a screen that shortens', 'f3a1c0de…'],
    ['a typographic dash', 'f3a1c0de–1111'],
    ['an emoji', '🔑'],
  ])('%s', (_name, text) => {
    expect(ApiKey.clean(text)).toBeUndefined();
  });

  it('whatever the text, a key is one word of visible ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(ApiKey.clean(text)?.reveal() ?? 'none').toMatch(/^[!-~]+$/);
      }),
    );
  });
});
