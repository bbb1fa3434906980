import { startVapi } from '../../local/vapi/server.ts';
import type { VapiStandIn } from '../../local/vapi/stand-in.ts';
import { call } from './vapi-caller.ts';

let vapi: VapiStandIn;

beforeAll(async () => {
  vapi = await startVapi();
});
afterEach(() => vapi.clear());
afterAll(() => vapi.close());

const model = { provider: 'openai', model: 'gpt-4o' };
const azure = { provider: 'azure', voiceId: 'en-US-JennyNeural' };
const voiceOf = (provider: string, voiceId: string, more = {}) => ({ voice: { provider, voiceId, ...more } });
const withFallback = (...voices: unknown[]) => ({ voice: { ...azure, fallbackPlan: { voices } } });

/** Each body, and what Vapi would say to it; undefined for one that it takes. */
const assistants: [why: string, body: unknown, complaint: string | undefined][] = [
  ['every field is optional', {}, undefined],
  [
    'a whole assistant',
    { name: 'A', model, voice: azure, metadata: { a: 1 }, server: { url: 'https://x' } },
    undefined,
  ],
  ['null stands for absent', { name: null, voice: null }, undefined],
  ['an unknown field', { nmae: 'A' }, 'property nmae should not exist'],
  ['a field that Vapi retired', { serverUrl: 'https://x' }, 'property serverUrl should not exist'],
  ['a field of replies only', { id: 'x' }, 'property id should not exist'],
  ['tools belong into the model', { tools: [] }, 'property tools should not exist'],
  ['a name of 40 characters', { name: 'x'.repeat(40) }, undefined],
  ['a name of 41 characters', { name: 'x'.repeat(41) }, 'name must be shorter than or equal to 40 characters'],
  ['a name that is no text', { name: 7 }, 'name must be a string'],
  ['metadata that is a list', { metadata: [] }, 'metadata must be an object'],
  ['messages that are no list', { serverMessages: 'all' }, 'serverMessages must be an array'],
  ['messages that are no texts', { serverMessages: [1] }, 'serverMessages.0 must be a string'],
  [
    'a flag that is a text',
    { modelOutputInMessagesEnabled: 'no' },
    'modelOutputInMessagesEnabled must be a boolean value',
  ],
  ['an unknown mode', { firstMessageMode: 'quiet' }, 'firstMessageMode must be one of the following values'],
  ['the shortest call', { maxDurationSeconds: 10 }, undefined],
  ['the longest call', { maxDurationSeconds: 43_200 }, undefined],
  ['too short a call', { maxDurationSeconds: 9 }, 'maxDurationSeconds must not be less than 10'],
  ['too long a call', { maxDurationSeconds: 43_201 }, 'maxDurationSeconds must not be greater than 43200'],
  ['a duration that is a text', { maxDurationSeconds: '60' }, 'maxDurationSeconds must be a number'],
  ['the longest wait', { server: { timeoutSeconds: 300 } }, undefined],
  ['too long a wait', { server: { timeoutSeconds: 301 } }, 'server.timeoutSeconds must not be greater than 300'],
  ['no wait', { server: { timeoutSeconds: 0 } }, 'server.timeoutSeconds must not be less than 1'],
  ['an unknown field of the server', { server: { uri: 'x' } }, 'server.property uri should not exist'],
  ['a model without its name', { model: { provider: 'openai' } }, 'model.model should not be empty'],
  ['vapi chooses the model itself', { model: { provider: 'vapi' } }, undefined],
  [
    'a custom model needs its address',
    { model: { ...model, provider: 'custom-llm' } },
    'model.url should not be empty',
  ],
  ['a model that the provider has not', { model: { ...model, model: 'gpt-99' } }, 'model.model must be one of'],
  ['a model in a region of Azure', { model: { ...model, model: 'gpt-4.1:eastus2' } }, undefined],
  ['a model of a provider with an open list', { model: { provider: 'openrouter', model: 'any/thing' } }, undefined],
  ['an unknown model provider', { model: { ...model, provider: 'acme' } }, 'model.provider must be one of'],
  [
    'a model field of another provider',
    { model: { ...model, thinking: {} } },
    'model.property thinking should not exist',
  ],
  ['too hot', { model: { ...model, temperature: 2.1 } }, 'model.temperature must not be greater than 2'],
  ['tool ids that are no list', { model: { ...model, toolIds: 'a' } }, 'model.toolIds must be an array'],
  ['a model that is a text', { model: 'gpt-4o' }, 'model must be an object'],
  ['a voice without its id', { voice: { provider: 'azure' } }, 'voice.voiceId should not be empty'],
  ['a custom voice needs a server', { voice: { provider: 'custom-voice' } }, 'voice.server should not be empty'],
  ['a custom voice needs no id', { voice: { provider: 'custom-voice', server: { url: 'https://x' } } }, undefined],
  ['an unknown voice provider', voiceOf('elevenlabs', 'x'), 'voice.provider must be one of'],
  ['a voice without a provider', { voice: { voiceId: 'Elliot' } }, 'voice.provider must be one of'],
  [
    'a voice field of another provider',
    voiceOf('azure', 'x', { stability: 1 }),
    'voice.property stability should not exist',
  ],
  ['lily is alive at lmnt', voiceOf('lmnt', 'lily'), undefined],
  ['any id at 11labs', voiceOf('11labs', 'kylie'), undefined],
  ['a voice that Vapi offers', voiceOf('vapi', 'Elliot'), undefined],
  ['its id in another case', voiceOf('vapi', 'elliot'), 'elliot is not a voice of vapi, ids are case-sensitive'],
  ['jennifer at playht', voiceOf('playht', 'jennifer'), 'voice.voiceId jennifer is no longer available'],
  ['a good fallback voice', withFallback(azure), undefined],
  [
    'a retired fallback voice',
    withFallback(azure, { provider: 'vapi', voiceId: 'Kylie' }),
    'voice.fallbackPlan.voices.1.voiceId Kylie',
  ],
];

it.each(assistants)('%s', async (_why, body, complaint) => {
  const { status, json } = await call(vapi, 'POST /assistant', { body });
  const message = complaint === undefined ? undefined : [expect.stringContaining(complaint)];
  expect({ status, message: json.message }).toEqual({ status: complaint === undefined ? 201 : 400, message });
});

it('a refusal has the form of Vapi, and names every fault', async () => {
  const { json } = await call(vapi, 'POST /assistant', { body: { x: 1, name: 7 } });
  const message = ['property x should not exist', 'name must be a string'];
  expect(json).toEqual({ message, error: 'Bad Request', statusCode: 400 });
});

const retired = ['Spencer', 'Neha', 'Harry', 'Cole', 'Paige', 'Hana', 'Lily', 'Kylie', 'jennifer'];

it.each(retired)('%s is gone from vapi, on create and on update', async (voiceId) => {
  const { json } = await call(vapi, 'POST /assistant', { body: {} });
  for (const request of ['POST /assistant', `PATCH /assistant/${json.id}`]) {
    const reply = await call(vapi, request, { body: voiceOf('vapi', voiceId) });
    expect(reply.status).toBe(400);
    expect(reply.json.message[0]).toContain(voiceId);
  }
});

it('a refused request leaves nothing behind', async () => {
  await call(vapi, 'POST /assistant', { body: { name: 'x'.repeat(41) } });
  expect((await call(vapi, 'GET /assistant')).json).toEqual([]);
});

const requests: [why: string, request: string, options: Parameters<typeof call>[2], status: number, body: unknown][] = [
  ['no key', 'GET /assistant', { key: null }, 401, { error: 'Unauthorized', statusCode: 401 }],
  [
    'a wrong key',
    'POST /assistant',
    { key: 'nobody', body: {} },
    401,
    { message: expect.stringMatching(/^Invalid Key/) },
  ],
  ['a body that is no JSON', 'POST /assistant', { body: '{"name": ' }, 400, { error: 'Bad Request' }],
  ['a body that is a list', 'POST /assistant', { body: [] }, 400, { error: 'Bad Request' }],
  ['an id that is no uuid', 'GET /assistant/abc', {}, 400, { message: 'Validation failed (uuid is expected)' }],
  ['an id of nothing', `GET /assistant/${crypto.randomUUID()}`, {}, 404, { message: 'Not Found', statusCode: 404 }],
  ['deleting nothing', `DELETE /assistant/${crypto.randomUUID()}`, {}, 404, { message: 'Not Found' }],
  ['changing nothing', `PATCH /assistant/${crypto.randomUUID()}`, { body: {} }, 404, { message: 'Not Found' }],
  ['another method', 'PUT /assistant', { body: {} }, 404, { message: 'Cannot PUT /assistant' }],
  ['another path', 'GET /call', {}, 404, { message: 'Cannot GET /call' }],
];

it.each(requests)('%s', async (_why, request, options, status, body) => {
  const reply = await call(vapi, request, options);
  expect(reply).toMatchObject({ status, json: body });
});

const tool = { type: 'function', function: { name: 'look_up' } };
const otherResources: [why: string, request: string, body: unknown, complaint: string | undefined][] = [
  ['a function', 'POST /tool', tool, undefined],
  [
    'a function name with a blank',
    'POST /tool',
    { ...tool, function: { name: 'look up' } },
    'function.name must match',
  ],
  ['a function name of 65', 'POST /tool', { ...tool, function: { name: 'x'.repeat(65) } }, 'function.name must match'],
  ['tools have no metadata', 'POST /tool', { ...tool, metadata: {} }, 'property metadata should not exist'],
  ['an unknown type', 'POST /tool', { type: 'magic' }, 'type must be one of'],
  ['no type', 'POST /tool', {}, 'type should not be empty'],
  ['a request without its address', 'POST /tool', { type: 'apiRequest', method: 'GET' }, 'url should not be empty'],
  ['a number of Vapi', 'POST /phone-number', { provider: 'vapi', name: 'Main' }, undefined],
  [
    'a twilio number without an account',
    'POST /phone-number',
    { provider: 'twilio', number: '+1' },
    'twilioAccountSid',
  ],
  ['no provider', 'POST /phone-number', {}, 'provider should not be empty'],
];

it.each(otherResources)('%s', async (_why, request, body, complaint) => {
  const { status, json } = await call(vapi, request, { body });
  const message = complaint === undefined ? undefined : [expect.stringContaining(complaint)];
  expect({ status, message: json.message }).toEqual({ status: complaint === undefined ? 201 : 400, message });
});
