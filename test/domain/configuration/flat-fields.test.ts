import { expandFlatFields, FLAT_FIELDS } from '../../../src/domain/configuration/flat-fields.ts';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import type { FieldError } from '../../../src/domain/problem.ts';

function expand(body: JsonObject): { config: JsonObject; errors: FieldError[] } {
  const errors: FieldError[] = [];
  return { config: expandFlatFields(body, errors), errors };
}

const system = (content: Json): JsonObject => ({ role: 'system', content });
const user = (content: string): JsonObject => ({ role: 'user', content });

interface Case {
  name: string;
  why: string;
  body: JsonObject;
  config: JsonObject;
}

describe('flat fields of older callers', () => {
  it('are exactly the seven of the interface', () => {
    expect(FLAT_FIELDS.toSorted()).toEqual(
      ['systemPrompt', 'modelProvider', 'modelName', 'voiceProvider', 'voiceId', 'language', 'serverUrl'].toSorted(),
    );
  });

  const cases: Case[] = [
    {
      name: 'modelProvider',
      why: 'is model.provider',
      body: { modelProvider: 'openai' },
      config: { model: { provider: 'openai' } },
    },
    {
      name: 'modelName',
      why: 'is model.model',
      body: { modelName: 'gpt-4o' },
      config: { model: { model: 'gpt-4o' } },
    },
    {
      name: 'voiceProvider and voiceId',
      why: 'are one voice',
      body: { voiceProvider: 'lmnt', voiceId: 'lily' },
      config: { voice: { provider: 'lmnt', voiceId: 'lily' } },
    },
    {
      name: 'language',
      why: 'is the transcriber’s, which needs a provider: deepgram',
      body: { language: 'de' },
      config: { transcriber: { provider: 'deepgram', language: 'de' } },
    },
    {
      name: 'language beside a transcriber',
      why: 'the provider that was chosen stays',
      body: { language: 'de', transcriber: { provider: 'gladia', model: 'fast' } },
      config: { transcriber: { provider: 'gladia', model: 'fast', language: 'de' } },
    },
    {
      name: 'serverUrl',
      why: 'is server.url; Vapi’s schema no longer has the flat one',
      body: { serverUrl: 'https://x.example' },
      config: { server: { url: 'https://x.example' } },
    },
    {
      name: 'serverUrl beside a server',
      why: 'its other fields stay',
      body: { serverUrl: 'https://x.example', server: { timeoutSeconds: 5 } },
      config: { server: { url: 'https://x.example', timeoutSeconds: 5 } },
    },
    {
      name: 'systemPrompt',
      why: 'is the first message of the model',
      body: { systemPrompt: 'Be brief.', modelProvider: 'openai', modelName: 'gpt-4o' },
      config: { model: { provider: 'openai', model: 'gpt-4o', messages: [system('Be brief.')] } },
    },
    {
      name: 'systemPrompt beside other messages',
      why: 'it comes before them, as models read it first, and they stay in their order',
      body: { systemPrompt: 'Be brief.', model: { messages: [user('a'), user('b')], temperature: 0 } },
      config: { model: { messages: [system('Be brief.'), user('a'), user('b')], temperature: 0 } },
    },
    {
      name: 'systemPrompt equal to the system message',
      why: 'said twice is not said differently',
      body: { systemPrompt: 'Be brief.', model: { messages: [user('a'), system('Be brief.')] } },
      config: { model: { messages: [user('a'), system('Be brief.')] } },
    },
    {
      name: 'an empty systemPrompt',
      why: 'the caller asks for an empty prompt, which is not the same as none',
      body: { systemPrompt: '' },
      config: { model: { messages: [system('')] } },
    },
    {
      name: 'a flat field beside a nested null',
      why: 'null says "not given" there',
      body: { modelName: 'gpt-4o', model: null, voiceId: 'emma', voice: { provider: 'azure', voiceId: null } },
      config: { model: { model: 'gpt-4o' }, voice: { provider: 'azure', voiceId: 'emma' } },
    },
    {
      name: 'null in every flat field',
      why: 'null says "not given"',
      body: Object.fromEntries(FLAT_FIELDS.map((field) => [field, null])),
      config: {},
    },
    {
      name: 'a flat field equal to the nested one',
      why: 'no contradiction',
      body: { modelName: 'gpt-4o', model: { model: 'gpt-4o' } },
      config: { model: { model: 'gpt-4o' } },
    },
    {
      name: 'no flat field',
      why: 'Vapi’s own form is left alone',
      body: { name: 'x', model: { provider: 'openai' }, metadata: { language: 'en' } },
      config: { name: 'x', model: { provider: 'openai' }, metadata: { language: 'en' } },
    },
  ];

  it.each(cases)('$name: $why', ({ body, config }) => {
    const before = structuredClone(body);
    expect(expand(body)).toEqual({ config, errors: [] });
    expect(body).toEqual(before);
  });
});

describe('a flat field that contradicts the nested one is an error: neither can be preferred in silence', () => {
  it.each<{ flat: string; body: JsonObject }>([
    { flat: 'modelProvider', body: { modelProvider: 'openai', model: { provider: 'anthropic' } } },
    { flat: 'modelName', body: { modelName: 'gpt-4o', model: { model: 'gpt-5' } } },
    { flat: 'voiceProvider', body: { voiceProvider: 'azure', voice: { provider: 'lmnt' } } },
    { flat: 'voiceId', body: { voiceId: 'emma', voice: { voiceId: 'lily' } } },
    { flat: 'language', body: { language: 'de', transcriber: { provider: 'gladia', language: 'en' } } },
    { flat: 'serverUrl', body: { serverUrl: 'https://a.example', server: { url: 'https://b.example' } } },
    { flat: 'systemPrompt', body: { systemPrompt: 'Be brief.', model: { messages: [system('Be long.')] } } },
  ])('$flat', ({ flat, body }) => {
    const { errors } = expand(body);
    expect(errors.map(({ field }) => field)).toEqual([flat]);
    expect(errors[0]?.detail).toContain('contradicts');
  });
});

describe('a flat field that is no text is an error', () => {
  const cases = FLAT_FIELDS.flatMap((field) => [7, true, {}, []].map((value) => ({ field, value })));

  it.each(cases)('$field: $value', ({ field, value }) => {
    expect(expand({ [field]: value }).errors).toEqual([{ field, detail: 'must be a string' }]);
  });

  it('all are named at once', () => {
    const body = Object.fromEntries(FLAT_FIELDS.map((field) => [field, 1]));
    const { errors } = expand(body);
    expect(errors.map(({ field }) => field).toSorted()).toEqual(FLAT_FIELDS.toSorted());
  });
});
