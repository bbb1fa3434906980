import { type DiffInput, diffAssistant, type FieldChange } from '../../../src/domain/configuration/diff.ts';
import type { JsonObject } from '../../../src/domain/json.ts';

interface Case {
  name: string;
  why: string;
  input: Partial<DiffInput> & Pick<DiffInput, 'wanted' | 'live'>;
  changes: FieldChange[];
}

const parsed = (text: string): JsonObject => JSON.parse(text);

function check({ input, changes }: Case): void {
  expect(diffAssistant({ lastApplied: [], alreadyApplied: false, ...input })).toEqual(changes);
}

describe('only declared fields are compared', () => {
  const cases: Case[] = [
    {
      name: 'the same',
      why: 'nothing to do',
      input: { wanted: { name: 'x', model: { a: [1] } }, live: { model: { a: [1] }, name: 'x' } },
      changes: [],
    },
    {
      name: 'defaults that the server added, at the top and nested',
      why: 'they were never asked for, so they are not drift',
      input: {
        wanted: { name: 'x', model: { provider: 'openai', model: 'gpt-4o' } },
        live: {
          name: 'x',
          model: { provider: 'openai', model: 'gpt-4o', temperature: 0.7, toolIds: ['t'] },
          serverMessages: ['end-of-call-report'],
          backgroundSound: 'office',
        },
      },
      changes: [],
    },
    {
      name: 'another value',
      why: 'the path names the field, the change says from what to what',
      input: { wanted: { name: 'x' }, live: { name: 'y' } },
      changes: [{ path: '/name', wanted: 'x', live: 'y' }],
    },
    {
      name: 'a nested value',
      why: 'the smallest field that differs is named, not its whole object',
      input: { wanted: { model: { a: { b: 1, c: 2 } } }, live: { model: { a: { b: 1, c: 3 }, d: 4 } } },
      changes: [{ path: '/model/a/c', wanted: 2, live: 3 }],
    },
    {
      name: 'a field that the live object has not',
      why: 'absent is told apart from null',
      input: { wanted: { server: { url: 'u' } }, live: { server: {} } },
      changes: [{ path: '/server/url', wanted: 'u' }],
    },
    {
      name: 'a whole object that the live object has not',
      why: 'it is one change, as it will be one field of the PATCH',
      input: { wanted: { server: { url: 'u' } }, live: {} },
      changes: [{ path: '/server', wanted: { url: 'u' } }],
    },
    {
      name: 'an empty object that the live object has not',
      why: 'it declares no field, so there is nothing to be wrong',
      input: { wanted: { metadata: {} }, live: {} },
      changes: [],
    },
    {
      name: 'an object where the live object has text',
      why: 'another type is another value',
      input: { wanted: { voice: { provider: 'azure' } }, live: { voice: 'jennifer' } },
      changes: [{ path: '/voice', wanted: { provider: 'azure' }, live: 'jennifer' }],
    },
    {
      name: 'false where the live object has null, 0 where it has empty text',
      why: 'no value stands for another',
      input: { wanted: { a: false, b: 0 }, live: { a: null, b: '' } },
      changes: [
        { path: '/a', wanted: false, live: null },
        { path: '/b', wanted: 0, live: '' },
      ],
    },
    {
      name: 'keys with slash and tilde',
      why: 'the path is a JSON Pointer (RFC 6901)',
      input: { wanted: { metadata: { 'a/b': 1, 'c~d': 1 } }, live: { metadata: {} } },
      changes: [
        { path: '/metadata/a~1b', wanted: 1 },
        { path: '/metadata/c~0d', wanted: 1 },
      ],
    },
  ];
  it.each(cases)('$name: $why', check);
});

describe('lists', () => {
  const cases: Case[] = [
    {
      name: 'the same length: item by item',
      why: 'Vapi adds fields to the items of a list too',
      input: {
        wanted: { model: { messages: [{ role: 'system', content: 'a' }] } },
        live: { model: { messages: [{ role: 'system', content: 'a', id: 'm1' }] } },
      },
      changes: [],
    },
    {
      name: 'one item differs',
      why: 'its place is named',
      input: { wanted: { list: ['a', 'b'] }, live: { list: ['a', 'c'] } },
      changes: [{ path: '/list/1', wanted: 'b', live: 'c' }],
    },
    {
      name: 'another order',
      why: 'the order of messages is their meaning',
      input: { wanted: { list: ['a', 'b'] }, live: { list: ['b', 'a'] } },
      changes: [
        { path: '/list/0', wanted: 'a', live: 'b' },
        { path: '/list/1', wanted: 'b', live: 'a' },
      ],
    },
    {
      name: 'longer at Vapi',
      why: 'a list is declared whole: an added item is a change',
      input: { wanted: { list: ['a'] }, live: { list: ['a', 'b'] } },
      changes: [{ path: '/list', wanted: ['a'], live: ['a', 'b'] }],
    },
    {
      name: 'emptied',
      why: 'an empty list is a declaration',
      input: { wanted: { list: [] }, live: { list: ['a'] } },
      changes: [{ path: '/list', wanted: [], live: ['a'] }],
    },
    {
      name: 'empty on both sides',
      why: 'nothing to do',
      input: { wanted: { list: [] }, live: { list: [] } },
      changes: [],
    },
    {
      name: 'an object with numbered keys is no list',
      why: 'another type is another value',
      input: { wanted: { list: ['a'] }, live: { list: { 0: 'a' } } },
      changes: [{ path: '/list', wanted: ['a'], live: { 0: 'a' } }],
    },
  ];
  it.each(cases)('$name: $why', check);
});

describe('null clears', () => {
  const cases: Case[] = [
    {
      name: 'a field that is there',
      why: 'null says "clear it"',
      input: { wanted: { firstMessage: null }, live: { firstMessage: 'Hi' } },
      changes: [{ path: '/firstMessage', wanted: null, live: 'Hi' }],
    },
    {
      name: 'a field that is not there',
      why: 'it is clear already',
      input: { wanted: { firstMessage: null, model: { x: null } }, live: { model: {} } },
      changes: [],
    },
    {
      name: 'a field that is null',
      why: 'it is clear already',
      input: { wanted: { firstMessage: null }, live: { firstMessage: null } },
      changes: [],
    },
    {
      name: 'a nested field',
      why: 'null clears at any depth',
      input: { wanted: { model: { x: null } }, live: { model: { x: 1 } } },
      changes: [{ path: '/model/x', wanted: null, live: 1 }],
    },
    {
      name: 'a field that was cleared before and has a value again',
      why: 'Vapi puts its default in the place of what was cleared: without this rule every save would be a PATCH',
      input: { wanted: { firstMessage: null }, live: { firstMessage: 'Hello.' }, alreadyApplied: true },
      changes: [],
    },
    {
      name: 'other fields of a configuration that was applied before',
      why: 'they are drift when they differ',
      input: { wanted: { a: null, b: 1 }, live: { a: 0, b: 2 }, alreadyApplied: true },
      changes: [{ path: '/b', wanted: 1, live: 2 }],
    },
  ];
  it.each(cases)('$name: $why', check);
});

describe('what was declared before and no longer is, is cleared (three-way merge)', () => {
  const cases: Case[] = [
    {
      name: 'a field left out at the top',
      why: 'it is there because we put it there',
      input: { lastApplied: [{ a: 1, b: 2 }], wanted: { a: 1 }, live: { a: 1, b: 2 } },
      changes: [{ path: '/b', wanted: null, live: 2 }],
    },
    {
      name: 'a nested field left out',
      why: 'the same rule at any depth',
      input: { lastApplied: [{ m: { a: 1, b: 2 } }], wanted: { m: { a: 1 } }, live: { m: { a: 1, b: 2, c: 3 } } },
      changes: [{ path: '/m/b', wanted: null, live: 2 }],
    },
    {
      name: 'a field left out that somebody changed meanwhile',
      why: 'it was ours, whatever it holds now',
      input: { lastApplied: [{ a: 1 }], wanted: {}, live: { a: 9 } },
      changes: [{ path: '/a', wanted: null, live: 9 }],
    },
    {
      name: 'a field left out that is gone already',
      why: 'nothing to clear',
      input: { lastApplied: [{ a: 1, b: 1 }], wanted: {}, live: { b: null } },
      changes: [],
    },
    {
      name: 'a field that was declared as null',
      why: 'what it holds now is not ours: we only ever cleared it',
      input: { lastApplied: [{ a: null }], wanted: {}, live: { a: 'default' } },
      changes: [],
    },
    {
      name: 'a field that neither configuration declares',
      why: 'it belongs to somebody else',
      input: { lastApplied: [{ a: 1 }], wanted: { a: 1 }, live: { a: 1, b: 2 } },
      changes: [],
    },
    {
      name: 'several earlier configurations',
      why: 'any of them may be the one that reached Vapi; a field is named once',
      input: { lastApplied: [{ a: 1 }, { a: 2, b: 2 }], wanted: {}, live: { a: 2, b: 2 } },
      changes: [
        { path: '/a', wanted: null, live: 2 },
        { path: '/b', wanted: null, live: 2 },
      ],
    },
    {
      name: 'a field of an item in a list',
      why: 'a list of the same length is compared item by item',
      input: { lastApplied: [{ l: [{ a: 1, b: 1 }] }], wanted: { l: [{ a: 1 }] }, live: { l: [{ a: 1, b: 1, c: 1 }] } },
      changes: [{ path: '/l/0/b', wanted: null, live: 1 }],
    },
    {
      name: 'an object that became text',
      why: 'the new value replaces all of it: one change',
      input: { lastApplied: [{ a: { b: 1 } }], wanted: { a: 'x' }, live: { a: { b: 1 } } },
      changes: [{ path: '/a', wanted: 'x', live: { b: 1 } }],
    },
  ];
  it.each(cases)('$name: $why', check);
});

describe('names from the prototype are harmless', () => {
  const cases: Case[] = [
    {
      name: 'constructor wanted, not live',
      why: 'what the prototype has is not what Vapi has',
      input: { wanted: { metadata: { constructor: 'x', toString: null } }, live: { metadata: {} } },
      changes: [{ path: '/metadata/constructor', wanted: 'x' }],
    },
    {
      name: '__proto__ wanted, not live',
      why: 'it is a key like any other in JSON',
      input: { wanted: parsed('{"metadata": {"__proto__": {"a": 1}}}'), live: { metadata: {} } },
      changes: [{ path: '/metadata/__proto__', wanted: { a: 1 } }],
    },
    {
      name: '__proto__ on both sides',
      why: 'equal is equal',
      input: {
        wanted: parsed('{"metadata": {"__proto__": {"a": 1}}}'),
        live: parsed('{"metadata": {"__proto__": {"a": 1, "b": 2}}}'),
      },
      changes: [],
    },
    {
      name: 'constructor declared before',
      why: 'it was never live, so there is nothing to clear',
      input: { lastApplied: [{ metadata: { constructor: 'x' } }], wanted: { metadata: {} }, live: { metadata: {} } },
      changes: [],
    },
    {
      name: '__proto__ declared before and live',
      why: 'it is cleared like any other',
      input: {
        lastApplied: [parsed('{"metadata": {"__proto__": 1}}')],
        wanted: { metadata: {} },
        live: parsed('{"metadata": {"__proto__": 1}}'),
      },
      changes: [{ path: '/metadata/__proto__', wanted: null, live: 1 }],
    },
  ];
  it.each(cases)('$name: $why', check);
});
