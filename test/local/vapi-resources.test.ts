import { startVapi } from '../../local/vapi/server.ts';
import { LOCAL_ACCOUNTS, type VapiStandIn } from '../../local/vapi/stand-in.ts';
import { ACME_KEY, call, PLATFORM_KEY } from './vapi-caller.ts';

const platform = LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '';
const acme = LOCAL_ACCOUNTS[ACME_KEY] ?? '';
let vapi: VapiStandIn;
let now = Date.parse('2026-08-01T10:00:00.000Z');

beforeAll(async () => {
  vapi = await startVapi({ now: () => now });
});
afterEach(() => vapi.clear());
afterAll(() => vapi.close());

const prompt = [{ role: 'system', content: 'Hello' }];
const model = { provider: 'openai', model: 'gpt-4o', messages: prompt, toolIds: ['t1'] };

async function create(body: unknown, resource = 'assistant') {
  return (await call(vapi, `POST /${resource}`, { body })).json;
}

describe('replies', () => {
  it('hold what was sent, an identity and the defaults of the server', async () => {
    const made = await create({ name: 'A', model, voice: { provider: 'azure', voiceId: 'andrew' } });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      orgId: platform,
      createdAt: '2026-08-01T10:00:00.000Z',
      updatedAt: '2026-08-01T10:00:00.000Z',
      maxDurationSeconds: 600,
      backgroundSound: 'off',
      model: { ...model, temperature: 0.5 },
      voice: { voiceId: 'andrew', cachingEnabled: true },
    });
    expect(made.serverMessages).toHaveLength(11);
  });

  it('prefer what was declared to the default', async () => {
    const made = await create({ maxDurationSeconds: 60, model: { ...model, temperature: 0 } });
    expect(made).toMatchObject({ maxDurationSeconds: 60, model: { temperature: 0 } });
  });

  it('never show a default inside something that was not declared', async () => {
    expect(await create({})).not.toHaveProperty('voice');
  });

  it('take a default that Vapi introduces later, for assistants made before', async () => {
    const own = await startVapi();
    const { json: made } = await call(own, 'POST /assistant', { body: { name: 'A' } });
    own.configure({ defaults: { assistant: { fields: { newField: true }, within: {} } } });
    const { json } = await call(own, `GET /assistant/${made.id}`);
    expect(json).toMatchObject({ name: 'A', newField: true });
    expect(json).not.toHaveProperty('maxDurationSeconds');
    await own.close();
  });
});

describe('PATCH', () => {
  it('leaves what is absent and replaces whole what is sent', async () => {
    const { id } = await create({ name: 'A', firstMessage: 'Hi', model });
    now += 5;
    const sent = { model: { provider: 'openai', model: 'gpt-5' } };
    const { status, json } = await call(vapi, `PATCH /assistant/${id}`, { body: sent });
    expect(status).toBe(200);
    expect(json).toMatchObject({ name: 'A', firstMessage: 'Hi', model: sent.model });
    expect(json.model).not.toHaveProperty('messages');
    expect(json.model).not.toHaveProperty('toolIds');
    expect(Date.parse(json.updatedAt) - Date.parse(json.createdAt)).toBe(5);
  });

  it('removes a field by null, and the default of the server comes back', async () => {
    const { id } = await create({ firstMessage: 'Hi', maxDurationSeconds: 60 });
    const body = { firstMessage: null, maxDurationSeconds: null };
    await call(vapi, `PATCH /assistant/${id}`, { body });
    const { json } = await call(vapi, `GET /assistant/${id}`);
    expect(json).not.toHaveProperty('firstMessage');
    expect(json.maxDurationSeconds).toBe(600);
  });

  it('changes nothing when any part of it is refused', async () => {
    const { id } = await create({ name: 'A' });
    expect((await call(vapi, `PATCH /assistant/${id}`, { body: { name: 'B', nope: 1 } })).status).toBe(400);
    expect((await call(vapi, `GET /assistant/${id}`)).json.name).toBe('A');
  });

  it('knows the type of a tool that is not repeated', async () => {
    const { id } = await create({ type: 'function', function: { name: 'f' } }, 'tool');
    expect((await call(vapi, `PATCH /tool/${id}`, { body: { async: true } })).json.async).toBe(true);
    expect((await call(vapi, `PATCH /tool/${id}`, { body: { url: 'https://x' } })).status).toBe(400);
  });

  it('unassigns a phone number by null', async () => {
    const { id } = await create({ provider: 'vapi', assistantId: 'a1' }, 'phone-number');
    const { json } = await call(vapi, `PATCH /phone-number/${id}`, { body: { assistantId: null } });
    expect(json).not.toHaveProperty('assistantId');
  });
});

describe('DELETE', () => {
  it('answers with what it deleted, once', async () => {
    const made = await create({ name: 'A' });
    expect(await call(vapi, `DELETE /assistant/${made.id}`)).toMatchObject({ status: 200, json: made });
    expect((await call(vapi, `DELETE /assistant/${made.id}`)).status).toBe(404);
    expect(vapi.assistants(platform)).toEqual([]);
  });

  it.each([
    ['assistant', {}, 'assistant_pinned'],
    ['tool', { type: 'dtmf' }, 'tool_pinned'],
  ])('refuses a pinned %s', async (resource, body, code) => {
    const { id } = await create(body, resource);
    vapi.configure({ pinned: [id] });
    expect(await call(vapi, `DELETE /${resource}/${id}`)).toMatchObject({ status: 409, json: { code } });
    expect((await call(vapi, `GET /${resource}/${id}`)).status).toBe(200);
  });
});

describe('accounts', () => {
  it('do not see each other', async () => {
    const { id } = await create({ name: 'A' });
    for (const request of [`GET /assistant/${id}`, `DELETE /assistant/${id}`]) {
      expect((await call(vapi, request, { key: ACME_KEY })).status).toBe(404);
    }
    expect((await call(vapi, `PATCH /assistant/${id}`, { key: ACME_KEY, body: {} })).status).toBe(404);
    expect((await call(vapi, 'GET /assistant', { key: ACME_KEY })).json).toEqual([]);
    expect(vapi.assistants(platform)).toHaveLength(1);
    expect(vapi.assistants(acme)).toEqual([]);
  });

  it('survive a change of their key', async () => {
    const own = await startVapi({ accounts: { old: 'acct' } });
    await call(own, 'POST /assistant', { key: 'old', body: {} });
    own.configure({ accounts: { new: 'acct' } });
    expect((await call(own, 'GET /assistant', { key: 'old' })).status).toBe(401);
    expect((await call(own, 'GET /assistant', { key: 'new' })).json).toHaveLength(1);
    await own.close();
  });
});

it('a seed may hold what nobody could create any more', async () => {
  const id = crypto.randomUUID();
  const voice = { provider: 'vapi', voiceId: 'Kylie' };
  vapi.seedAssistant(acme, { voice }, { id, createdAt: '2020-01-01T00:00:00.000Z' });
  const { json } = await call(vapi, `GET /assistant/${id}`, { key: ACME_KEY });
  expect(json).toMatchObject({ id, orgId: acme, voice, createdAt: '2020-01-01T00:00:00.000Z' });
});

it('every request is recorded, with its key and its answer', async () => {
  await create({ name: 'A' });
  await call(vapi, 'GET /assistant?limit=1', { key: 'nobody' });
  expect(vapi.requests).toMatchObject([
    { method: 'POST', path: '/assistant', key: PLATFORM_KEY, account: platform, status: 201, body: { name: 'A' } },
    { method: 'GET', path: '/assistant', key: 'nobody', account: undefined, status: 401, query: { limit: '1' } },
  ]);
  expect(vapi.count('POST', '/assistant')).toBe(1);
  expect(vapi.count('GET', /^\/assistant\//)).toBe(0);
});
