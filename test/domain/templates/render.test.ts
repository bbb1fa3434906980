import fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '../../../src/domain/json.ts';
import { render, variablesIn } from '../../../src/domain/templates/render.ts';

const runs = { numRuns: Number(process.env.RUNS ?? 300) };
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('${a}', '$${a}', '${', '$$${b}', '{{now}}', 'x ${a} y ${b}', '${a b}'),
);
const objects = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), text, fc.array(text))).map((value): JsonObject => {
  const json: unknown = JSON.parse(JSON.stringify(value));
  return isJsonObject(json) ? json : {};
});
const values = fc
  .record({ a: fc.jsonValue(), b: fc.jsonValue() })
  .map((given) => new Map(Object.entries(JSON.parse(JSON.stringify(given)))));

it('takes any JSON, and gives the same each time', () => {
  fc.assert(
    fc.property(objects, values, (assistant, given) => {
      const before = JSON.stringify(assistant);
      expect(render(assistant, new Map(given) as never)).toEqual(render(assistant, new Map(given) as never));
      expect(JSON.stringify(assistant)).toBe(before);
    }),
    runs,
  );
});

/** Escapes every `${` in a configuration, as its author can. */
function escapePlaces(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, escapeValue(entry)]));
}

function escapeValue(value: Json): Json {
  if (Array.isArray(value)) return value.map(escapeValue);
  if (isJsonObject(value)) return escapePlaces(value);
  return typeof value === 'string' ? value.replaceAll('${', () => '$${') : value;
}

it('gives back what was escaped, whatever the values are', () => {
  fc.assert(
    fc.property(objects, (assistant) => {
      expect(render(escapePlaces(assistant), new Map([['a', 1]]))).toEqual(assistant);
      expect(variablesIn(escapePlaces(assistant)).size).toBe(0);
    }),
    runs,
  );
});

it.each([
  ['a text that is one place has the type of the value', { x: '${a}' }, { x: 7 }],
  ['a number in a text is JSON', { x: 'n=${a}' }, { x: 'n=7' }],
  ['a value is not looked into', { x: 'see ${b}' }, { x: 'see ${a}' }],
  ['what is Vapi’s stays', { x: '{{a}} ${a}' }, { x: '{{a}} 7' }],
  ['an escaped place is a literal', { x: '$${a}' }, { x: '${a}' }],
  [
    'nothing leaves the field out, and is empty within a text',
    { x: '${none}', y: '<${none}>', z: ['${none}', 1] },
    { y: '<>', z: [1] },
  ],
  ['an unknown place stays', { x: '${other}' }, { x: '${other}' }],
])('%s', (_name, assistant: JsonObject, expected) => {
  const given = new Map<string, number | string | undefined>([
    ['a', 7],
    ['b', '${a}'],
    ['none', undefined],
  ]);
  expect(render(assistant, given)).toEqual(expected);
});
