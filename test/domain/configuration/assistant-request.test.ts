import { MAX_CONFIG_BYTES, parseAssistantRequest } from '../../../src/domain/configuration/assistant-request.ts';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import { RULES } from '../../support/configurations.ts';
import { fieldsOf, problemOf } from '../thrown-problem.ts';

const VOICE = { provider: 'azure', voiceId: 'andrew' };
const MODEL = { provider: 'openai', model: 'gpt-4o' };

const configOf = (body: JsonObject): JsonObject => parseAssistantRequest(body, RULES).config;
const refusalOf = (body: unknown) => problemOf(() => parseAssistantRequest(body, RULES));

/** The published create-assistant call, spelled out: a field lost from the list must turn a test red. */
const VAPI_FIELDS =
  'analysisPlan artifactPlan backgroundSound backgroundSpeechDenoisingPlan clientMessages compliancePlan credentialIds credentials endCallMessage endCallPhrases firstMessage firstMessageInterruptionsEnabled firstMessageMode hooks keypadInputPlan maxDurationSeconds metadata model modelOutputInMessagesEnabled monitorPlan name observabilityPlan server serverMessages startSpeakingPlan stopSpeakingPlan transcriber transportConfigurations voicemailDetection voicemailMessage'.split(
    ' ',
  );

describe('fields of the create-assistant call', () => {
  it.each(VAPI_FIELDS)('%s may be given, and null (clear it at Vapi) reaches the payload as null', (field) => {
    expect(configOf({ voice: VOICE, [field]: null })).toEqual({ voice: VOICE, [field]: null });
  });

  it('a whole body in Vapi’s own form comes through letter by letter', () => {
    const body = {
      name: 'Front desk',
      model: { ...MODEL, messages: [{ role: 'system', content: 'Be brief. ' }], toolIds: ['t1'], temperature: 0 },
      voice: VOICE,
      transcriber: { provider: 'deepgram', language: 'en' },
      server: { url: 'https://hooks.example', timeoutSeconds: 20, headers: { a: 'b' } },
      firstMessage: '',
      endCallPhrases: [],
      metadata: { tier: 'gold', nested: { deep: [1, null] } },
    };
    const before = structuredClone(body);
    expect(configOf(body)).toEqual(before);
    expect(body).toEqual(before);
  });

  it('a body without a voice gets the default one, so that Vapi never chooses', () => {
    const { config, voice } = parseAssistantRequest({ name: 'x' }, RULES);
    expect(config).toEqual({ name: 'x', voice: { provider: 'azure', voiceId: 'en-US-JennyNeural' } });
    expect(voice).toMatchObject({ requested: null, reason: 'missing-provider' });
  });

  it('the policy for voices is the one that was set', () => {
    const body = { voice: { provider: 'vapi', voiceId: 'Elliot' } };
    expect(parseAssistantRequest(body, { ...RULES, voicePolicy: 'keep-active-vapi' }).config.voice).toEqual(body.voice);
    expect(parseAssistantRequest(body, RULES).config.voice).not.toEqual(body.voice);
  });
});

describe('what is no JSON object is refused', () => {
  it.each([[null], [undefined], [[]], [[{ name: 'x' }]], ['{}'], [''], [0], [true]])('%j', (body) => {
    const problem = refusalOf(body);
    expect(problem.code).toBe('VALIDATION_FAILED');
    expect(fieldsOf(problem)).toEqual(['body']);
  });
});

describe('unknown fields', () => {
  it('are all named at once, with everything else that is wrong: one answer, one repair', () => {
    const problem = refusalOf({ nmae: 'x', serverUrlSecret: 'x', name: 1, voice: 'jennifer', tools: [{}] });
    expect(problem.code).toBe('VALIDATION_FAILED');
    expect(fieldsOf(problem).toSorted()).toEqual(['name', 'nmae', 'serverUrlSecret', 'tools.0.type', 'voice']);
    for (const field of fieldsOf(problem)) expect(problem.message).toContain(field);
  });

  it.each(['__proto__', 'constructor', 'toString', 'id', 'orgId', 'createdAt', 'Name', 'systemprompt', ''])(
    '%j is unknown, and never taken for something else',
    (field) => {
      const body: unknown = JSON.parse(`{"name": "x", ${JSON.stringify(field)}: {"a": 1}}`);
      expect(fieldsOf(refusalOf(body))).toEqual([field]);
    },
  );

  it('below the top level are for Vapi to judge: its schema moves faster than ours', () => {
    const model = { ...MODEL, brandNew: { x: 1 } };
    expect(configOf({ voice: VOICE, model }).model).toEqual(model);
  });
});

interface Limit {
  name: string;
  body: JsonObject;
  field: string;
}

describe('the limits that Vapi documents', () => {
  const refused: Limit[] = [
    { name: 'a name of 41 characters', body: { name: 'x'.repeat(41) }, field: 'name' },
    { name: 'a name that is a number', body: { name: 4 }, field: 'name' },
    { name: 'a first message that is an object', body: { firstMessage: {} }, field: 'firstMessage' },
    { name: 'a call of 9 s', body: { maxDurationSeconds: 9 }, field: 'maxDurationSeconds' },
    { name: 'a call of more than 12 h', body: { maxDurationSeconds: 43_201 }, field: 'maxDurationSeconds' },
    { name: 'a duration as text', body: { maxDurationSeconds: '600' }, field: 'maxDurationSeconds' },
    {
      name: 'an infinite duration',
      body: { maxDurationSeconds: Number.POSITIVE_INFINITY },
      field: 'maxDurationSeconds',
    },
    { name: 'a server timeout of 0', body: { server: { timeoutSeconds: 0 } }, field: 'server.timeoutSeconds' },
    { name: 'a server timeout of 301', body: { server: { timeoutSeconds: 301 } }, field: 'server.timeoutSeconds' },
    { name: 'a server that is an address', body: { server: 'https://x.example' }, field: 'server' },
    { name: 'a model without a provider', body: { model: { model: 'gpt-4o' } }, field: 'model.provider' },
    { name: 'a model with an empty provider', body: { model: { provider: '', model: 'x' } }, field: 'model.provider' },
    { name: 'a model without a model', body: { model: { provider: 'openai' } }, field: 'model.model' },
    { name: 'a model with an empty model', body: { model: { provider: 'openai', model: '' } }, field: 'model.model' },
    { name: 'a model with a null model', body: { model: { provider: 'openai', model: null } }, field: 'model.model' },
    { name: 'a model that is a name', body: { model: 'gpt-4o' }, field: 'model' },
    {
      name: 'a transcriber without a provider',
      body: { transcriber: { language: 'en' } },
      field: 'transcriber.provider',
    },
    { name: 'metadata that is a list', body: { metadata: [] }, field: 'metadata' },
    { name: 'metadata that is text', body: { metadata: 'x' }, field: 'metadata' },
  ];

  it.each(refused)('$name is refused before any call, naming $field', ({ body, field }) => {
    const problem = refusalOf(body);
    expect(problem.code).toBe('VALIDATION_FAILED');
    expect(fieldsOf(problem)).toEqual([field]);
  });

  const accepted: [string, JsonObject][] = [
    ['a name of 40 characters', { name: 'x'.repeat(40) }],
    ['the shortest call', { maxDurationSeconds: 10 }],
    ['the longest call', { maxDurationSeconds: 43_200 }],
    ['the shortest server timeout', { server: { timeoutSeconds: 1 } }],
    ['the longest server timeout', { server: { timeoutSeconds: 300 } }],
    ['Vapi’s own model provider, the one that needs no model', { model: { provider: 'vapi', workflowId: 'w' } }],
  ];

  it.each(accepted)('%s is accepted', (_name, body) => {
    expect(configOf({ voice: VOICE, ...body })).toEqual({ voice: VOICE, ...body });
  });
});

describe('size: the configuration is kept whole in one table item', () => {
  const envelope = Buffer.byteLength(JSON.stringify({ firstMessage: '' }));
  const textOf = (bytes: number) => 'é'.repeat(bytes / 2);

  it('the limit counts bytes, as the table does, and is itself accepted', () => {
    const firstMessage = `x${textOf(MAX_CONFIG_BYTES - envelope - 1)}`;
    expect(Buffer.byteLength(JSON.stringify({ firstMessage }))).toBeLessThanOrEqual(MAX_CONFIG_BYTES);
    expect(configOf({ firstMessage }).firstMessage).toBe(firstMessage);
  });

  it('more is refused with the limit in the text', () => {
    const problem = refusalOf({ firstMessage: textOf(MAX_CONFIG_BYTES) });
    expect(fieldsOf(problem)).toEqual(['body']);
    expect(problem.message).toContain(String(MAX_CONFIG_BYTES));
  });

  it('the limit leaves room below the 400 KB of a DynamoDB item', () => {
    expect(MAX_CONFIG_BYTES).toBeLessThanOrEqual(300 * 1024);
  });
});

describe('tools', () => {
  const book = { type: 'function', function: { name: 'book' } };

  it.each<[Json | undefined]>([[undefined], [null], [[]]])('%j asks for none', (tools) => {
    const request = parseAssistantRequest({ voice: VOICE, ...(tools === undefined ? {} : { tools }) }, RULES);
    expect(request).toMatchObject({ config: { voice: VOICE }, tools: [] });
    expect(request.config).not.toHaveProperty('tools');
  });

  it('are taken as they are, in their order, and kept out of what Vapi’s create-assistant call takes', () => {
    const tools = [{ type: 'newer.than.us', any: 1 }, book];
    const request = parseAssistantRequest({ model: MODEL, tools }, RULES);
    expect(request.tools).toEqual(tools);
    expect(request.config).not.toHaveProperty('tools');
  });

  it.each<[Json, string]>([
    [{}, 'tools'],
    ['x', 'tools'],
    [0, 'tools'],
    [['x'], 'tools.0'],
    [[book, {}], 'tools.1.type'],
    [[{ type: '' }], 'tools.0.type'],
    [[{ type: 'function' }], 'tools.0.function.name'],
    [[{ type: 'function', function: { name: 'has space' } }], 'tools.0.function.name'],
    [[{ type: 'function', function: { name: 'x'.repeat(65) } }], 'tools.0.function.name'],
  ])('%j is refused, naming %s', (tools, field) => {
    expect(fieldsOf(refusalOf({ model: MODEL, tools }))).toEqual([field]);
  });

  it('without a model are refused: a PATCH of the ids alone would wipe the prompt', () => {
    const problem = refusalOf({ tools: [book] });
    expect(fieldsOf(problem)).toEqual(['tools']);
    expect(problem.message).toContain('model');
  });

  it('of which there are too many are refused', () => {
    const tools = Array.from({ length: 101 }, (_, index) => ({ type: 'function', function: { name: `t${index}` } }));
    expect(fieldsOf(refusalOf({ model: MODEL, tools }))).toEqual(['tools']);
  });

  it('count into the size: both are kept in one item', () => {
    const tools = [{ type: 'function', function: { name: 'book', description: 'x'.repeat(MAX_CONFIG_BYTES) } }];
    expect(fieldsOf(refusalOf({ model: MODEL, tools }))).toEqual(['body']);
  });
});
