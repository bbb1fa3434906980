import { randomUUID } from 'node:crypto';
import { QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import { ACME_KEY, PLATFORM_KEY, startService, type TestService, WITHOUT_PAUSES } from '../support/service.ts';
import { assistantsOf, assistantsWithKey, calls, keysSeen } from '../support/upstream.ts';

let service: TestService;
let org: string;

beforeAll(async () => {
  service = await startService();
});
beforeEach(() => {
  org = `org-${randomUUID().slice(0, 8)}`;
  service.vapi.clearFaults();
  service.secrets.clearFaults();
  service.clearCounts();
});
afterAll(() => service.stop());

const live = (id: string) => assistantsWithKey(service.vapi, PLATFORM_KEY).find((assistant) => assistant.id === id);
const patchesOf = () => service.vapi.requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
const editAtVapi = async (id: string, patch: unknown) => {
  const response = await fetch(`${service.vapi.url}/assistant/${id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${PLATFORM_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(patch),
  });
  expect(response.status).toBe(200);
};
const deleteAtVapi = (id: string, key = PLATFORM_KEY) =>
  fetch(`${service.vapi.url}/assistant/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${key}` } });

const rowsOf = async (orgId: string) => {
  const { Items = [] } = await service.dynamo.send(
    new QueryCommand({
      TableName: service.environment.TABLE_NAME,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `ORG#${orgId}` } },
    }),
  );
  return Items;
};

const PLATFORM_SECRET = 'vapi-sync/local/platform';

describe('call budgets', () => {
  it('first create is one POST upstream, one read and four writes on the table', async () => {
    const reply = await service.put(org, 'inbound', configuration());
    expect(reply.status).toBe(201);
    expect(calls(service.vapi)).toEqual(['POST /assistant']);
    expect(service.tableOperations).toEqual(['Query', ...Array(4).fill('UpdateItem')]);
  });

  it('unchanged is one GET upstream, one read and no write on the table', async () => {
    await service.put(org, 'inbound', configuration());
    service.clearCounts();
    const reply = await service.put(org, 'inbound', configuration());
    expect(reply).toMatchObject({ status: 200, body: { outcome: 'unchanged', isNew: false, revision: 1 } });
    expect(calls(service.vapi)).toEqual(['GET /assistant/:id']);
    expect(service.tableOperations).toEqual(['Query']);
    expect(service.secrets.requests).toEqual([]);
  });

  it('a change is one GET and one PATCH upstream', async () => {
    await service.put(org, 'inbound', configuration());
    service.clearCounts();
    const reply = await service.put(org, 'inbound', withPrompt('new'));
    expect(reply).toMatchObject({ status: 200, body: { outcome: 'updated', revision: 2 } });
    // The last one only by an environment that does not know the account yet.
    const first = calls(service.vapi).filter((request) => request !== 'GET /traffic-allocations/latest');
    expect(first).toEqual(['GET /assistant/:id', 'PATCH /assistant/:id']);
    const [writes, reads] = [Array(2).fill('UpdateItem'), ['GetItem']];
    expect(service.tableOperations).toEqual(['Query', ...writes, ...reads, ...writes]);
  });

  it('a deleted assistant costs one GET and one POST', async () => {
    const { body } = await service.put(org, 'inbound', configuration());
    await deleteAtVapi(body.assistantId);
    service.clearCounts();
    expect(await service.put(org, 'inbound', configuration())).toMatchObject({ status: 201 });
    expect(calls(service.vapi)).toEqual(['GET /assistant/:id', 'POST /assistant']);
  });

  it('an invalid request makes no call at all', async () => {
    const reply = await service.put(org, 'inbound', { ...configuration(), modle: {} });
    expect(reply).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED', errors: [{ field: 'modle' }] } });
    expect([calls(service.vapi), service.tableOperations, service.secrets.requests]).toEqual([[], [], []]);
  });
});

describe('the answer', () => {
  it('names all that the caller needs', async () => {
    const reply = await service.put(org, 'inbound', configuration(), { headers: { 'X-Operation-Id': 'op-77' } });
    expect(reply.headers['X-Operation-Id']).toBe('op-77');
    expect(reply.body).toEqual({
      orgId: org,
      role: 'inbound',
      assistantId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      outcome: 'created',
      live: 'current',
      isNew: true,
      wasDeleted: false,
      specHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      revision: 1,
      voice: {
        requested: { provider: 'azure', voiceId: 'en-US-AndrewNeural' },
        applied: { provider: 'azure', voiceId: 'en-US-AndrewNeural' },
        reason: 'supported',
      },
      credentials: { source: 'platform' },
      tools: { status: 'none', count: 0 },
      operationId: 'op-77',
      durationMs: expect.any(Number),
    });
  });

  it.each([
    ['a newline, which would split the header', 'a\nb'],
    ['a length that no log wants', 'x'.repeat(200)],
  ])('does not take over an operation id with %s', async (_why, given) => {
    const reply = await service.get(org);
    const other = await service.put(org, 'inbound', {}, { headers: { 'x-operation-id': given } });
    expect(other.headers['X-Operation-Id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(other.headers['X-Operation-Id']).not.toBe(reply.headers['X-Operation-Id']);
  });

  it('writes our ownership and the claim token beside the metadata of the caller', async () => {
    const { body } = await service.put(org, 'inbound', configuration({ metadata: { team: 'sales' } }));
    expect(live(body.assistantId)).toMatchObject({
      metadata: {
        team: 'sales',
        managedBy: 'vapi-sync',
        deployment: 'test',
        orgId: org,
        role: 'inbound',
        claimToken: expect.any(String),
      },
    });
  });

  it('passes on what Vapi refuses, with the field, and leaves nothing behind', async () => {
    const reply = await service.put(org, 'inbound', configuration({ firstMessageMode: 7 }));
    expect(reply).toMatchObject({
      status: 422,
      body: { code: 'VAPI_REJECTED', retryable: false, errors: [{ field: 'firstMessageMode' }] },
    });
    expect((await service.get(org, 'inbound')).status).toBe(404);
    expect(await rowsOf(org)).toEqual([]);
    expect(await service.put(org, 'inbound', configuration())).toMatchObject({ status: 201 });
  });

  it('is a problem that names every wrong field', async () => {
    const wrong = { name: 'x'.repeat(41), voice: { provider: 'acapela' }, foo: 1 };
    const reply = await service.put(org, 'inbound', configuration(wrong));
    expect(reply.headers['Content-Type']).toBe('application/problem+json');
    expect(reply.body).toMatchObject({ status: 400, code: 'VALIDATION_FAILED', retryable: false });
    expect(reply.body.errors.map((error: { field: string }) => error.field).sort()).toEqual([
      'foo',
      'name',
      'voice.provider',
    ]);
  });

  it.each([
    ['no body', undefined],
    ['no JSON', '{"name": "Front desk",'],
    ['an array', '[]'],
    ['a string that does not end', `"${'\\"'.repeat(200_000)}`],
    ['hostile depth', `{"model": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['an infinite number', '{"maxDurationSeconds": 1e999}'],
    ['half a surrogate pair', '{"firstMessage": "\\ud800"}'],
  ])('is a 400 for %s, and no call is made', async (_name, rawBody) => {
    const reply = await service.put(org, 'inbound', undefined, rawBody === undefined ? {} : { rawBody });
    expect(reply).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    expect([calls(service.vapi), service.tableOperations]).toEqual([[], []]);
  });

  it.each([
    ['../etc', 'inbound', ['orgId']],
    ['-x', 'sideways', ['orgId', 'role']],
    ['a'.repeat(65), 'inbound', ['orgId']],
    ['orgé', 'inbound', ['orgId']],
  ])('is a 400 for the path %s/%s', async (orgId, role, fields) => {
    const reply = await service.put(orgId, role, configuration());
    expect(reply.status).toBe(400);
    expect(reply.body.errors.map((error: { field: string }) => error.field)).toEqual(fields);
  });
});

describe('update', () => {
  it('keeps model.toolIds and every other field that it does not declare', async () => {
    const { body } = await service.put(org, 'inbound', configuration());
    const toolIds = [randomUUID()];
    const model = { ...(live(body.assistantId)?.model as object), toolIds, maxTokens: 300 };
    await editAtVapi(body.assistantId, {
      model,
      endCallMessage: 'Bye!',
      voice: { ...(configuration().voice as object), speed: 1.1 },
    });
    const updated = await service.put(org, 'inbound', withPrompt('new'));
    expect(updated.body.outcome).toBe('updated');
    expect(live(body.assistantId)).toMatchObject({
      model: { toolIds, maxTokens: 300, messages: [{ content: expect.stringContaining('new') }] },
      endCallMessage: 'Bye!',
      voice: { speed: 1.1 },
    });
  });

  it('reaches Vapi with null for a field that is to be cleared', async () => {
    const { body } = await service.put(org, 'inbound', configuration());
    await service.put(org, 'inbound', configuration({ firstMessage: null }));
    expect(patchesOf()).toEqual([{ firstMessage: null }]);
    expect(live(body.assistantId)).not.toHaveProperty('firstMessage');
    expect((await service.put(org, 'inbound', configuration({ firstMessage: null }))).body.outcome).toBe('unchanged');
  });

  it('clears a field that the last configuration declared and this one does not', async () => {
    const { body } = await service.put(
      org,
      'inbound',
      configuration({ endCallMessage: 'Bye!', maxDurationSeconds: 900 }),
    );
    const reply = await service.put(org, 'inbound', configuration());
    expect(reply.body.outcome).toBe('updated');
    expect(live(body.assistantId)).not.toHaveProperty('endCallMessage');
    // Vapi shows its own default now: that is not drift.
    expect(live(body.assistantId)).toMatchObject({ maxDurationSeconds: 600 });
    expect((await service.put(org, 'inbound', configuration())).body.outcome).toBe('unchanged');
  });

  it('goes on when the configuration that was applied last is damaged in the table, without logging it', async () => {
    await service.put(org, 'inbound', configuration());
    const spec = (await rowsOf(org)).find(({ sk }) => sk?.S?.startsWith('SPEC#'));
    await service.dynamo.send(
      new UpdateItemCommand({
        TableName: service.environment.TABLE_NAME,
        Key: { pk: spec?.pk ?? { S: '' }, sk: spec?.sk ?? { S: '' } },
        UpdateExpression: 'SET payload = :damaged',
        ExpressionAttributeValues: { ':damaged': { S: 'top-secret-prompt, not JSON' } },
      }),
    );
    expect((await service.put(org, 'inbound', withPrompt('new'))).body.outcome).toBe('updated');
  });

  it('ends when Vapi shows an assistant that it does not let be changed', async () => {
    await service.put(org, 'inbound', configuration());
    const gone = { message: 'Not Found', statusCode: 404 };
    service.vapi.inject({
      on: { method: 'PATCH' },
      times: null,
      behaviour: { kind: 'error-before', status: 404, body: gone },
    });
    service.clearCounts();
    const environment = service.environment2({ runtime: WITHOUT_PAUSES });
    const reply = await environment.put(org, 'inbound', withPrompt('new'));
    expect(reply).toMatchObject({ status: 503, body: { code: 'VAPI_UNAVAILABLE' } });
    expect(service.vapi.count('PATCH')).toBeLessThan(25);
    expect((await service.get(org, 'inbound')).body.state).toBe('synced');
  });

  it('repairs what was edited at Vapi, and only that', async () => {
    const { body } = await service.put(org, 'inbound', configuration());
    await editAtVapi(body.assistantId, { firstMessage: 'Edited by hand' });
    service.clearCounts();
    expect((await service.put(org, 'inbound', configuration())).body.outcome).toBe('updated');
    expect(patchesOf()).toEqual([{ firstMessage: 'Hello!' }]);
  });

  it('does not take a default that Vapi adds for a change', async () => {
    await service.put(org, 'inbound', configuration());
    service.vapi.configure({
      defaults: { assistant: { fields: { brandNew: true }, within: { model: { newKnob: 1 }, voice: { newKnob: 2 } } } },
    });
    const reply = await service.put(org, 'inbound', configuration());
    service.vapi.configure({ defaults: { assistant: { fields: {}, within: {} } } });
    expect(reply.body.outcome).toBe('unchanged');
  });

  it('changes the provider of a voice without dragging along the settings of the old one', async () => {
    const elevenLabs = { provider: '11labs', voiceId: 'abc', stability: 0.4 };
    await service.put(org, 'inbound', configuration({ voice: elevenLabs }));
    const reply = await service.put(org, 'inbound', configuration());
    expect(reply.body).toMatchObject({ outcome: 'updated' });
    expect(live(reply.body.assistantId)?.voice).not.toHaveProperty('stability');
  });

  it('after a PATCH whose reply was lost clears what that PATCH had added', async () => {
    const { body } = await service.put(org, 'inbound', configuration());
    service.vapi.inject({ on: { method: 'PATCH' }, times: 3, behaviour: { kind: 'error-after', status: 500 } });
    const lost = await service.put(org, 'inbound', configuration({ endCallMessage: 'Bye!' }));
    expect(lost).toMatchObject({ status: 503, body: { code: 'VAPI_UNAVAILABLE', retryable: true } });
    expect(live(body.assistantId)).toHaveProperty('endCallMessage', 'Bye!');
    const back = await service.put(org, 'inbound', configuration());
    expect(back.body.outcome).toBe('updated');
    expect(live(body.assistantId)).not.toHaveProperty('endCallMessage');
  });
});

describe('an assistant that was deleted at Vapi', () => {
  it('is made again, and said to be', async () => {
    const first = await service.put(org, 'inbound', configuration());
    await deleteAtVapi(first.body.assistantId);
    const second = await service.put(org, 'inbound', configuration());
    expect(second).toMatchObject({ status: 201, body: { outcome: 'recreated', isNew: true, wasDeleted: true } });
    expect(second.body.assistantId).not.toBe(first.body.assistantId);
    expect(assistantsOf(service.vapi, org)).toHaveLength(1);
  });

  it('is not believed to be deleted by a page of the CDN', async () => {
    await service.put(org, 'inbound', configuration());
    service.vapi.inject({ on: { method: 'GET' }, times: null, behaviour: { kind: 'html', status: 404 } });
    const reply = await service.put(org, 'inbound', configuration());
    expect(reply).toMatchObject({ status: 503, body: { code: 'VAPI_UNAVAILABLE' } });
    expect(service.vapi.count('POST')).toBe(1);
  });

  it.each([
    ['another account', true],
    ['another account that is still empty', false],
  ])('is not made again, and not taken for deleted, with a new key of %s', async (_name, hasAssistants) => {
    const other = randomUUID();
    const { body } = await service.put(org, 'inbound', configuration());
    service.vapi.configure({ accounts: { ...LOCAL_ACCOUNTS, 'local-other-key': other } });
    if (hasAssistants) service.vapi.seedAssistant(other, { name: 'somebody else' });
    service.secrets.put(PLATFORM_SECRET, { apiKey: 'local-other-key' });
    const swapped = service.environment2();
    const put = await swapped.put(org, 'inbound', configuration());
    const removed = await swapped.remove(org, 'inbound');
    service.secrets.put(PLATFORM_SECRET, { apiKey: PLATFORM_KEY });
    expect(put).toMatchObject({ status: 500, body: { code: 'CREDENTIALS_INVALID' } });
    expect(removed).toMatchObject({ status: 500, body: { code: 'CREDENTIALS_INVALID' } });
    expect(service.vapi.assistants(other)).toHaveLength(hasAssistants ? 1 : 0);
    expect((await service.put(org, 'inbound', configuration())).body).toMatchObject({ assistantId: body.assistantId });
  });

  it('is made again with a new key of the same account', async () => {
    const first = await service.put(org, 'inbound', configuration());
    await service.put(`${org}-other`, 'inbound', configuration());
    await deleteAtVapi(first.body.assistantId);
    const account = LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '';
    service.vapi.configure({ accounts: { ...LOCAL_ACCOUNTS, 'local-other-key': account } });
    service.secrets.put(PLATFORM_SECRET, { apiKey: 'local-other-key' });
    const reply = await service.environment2().put(org, 'inbound', configuration());
    service.secrets.put(PLATFORM_SECRET, { apiKey: PLATFORM_KEY });
    expect(reply).toMatchObject({ status: 201, body: { outcome: 'recreated' } });
  });
});

describe('adoption of an assistant that the organisation already has', () => {
  const seed = (key: string, body = {}) =>
    String(
      service.vapi.seedAssistant(LOCAL_ACCOUNTS[key] ?? '', { name: 'By hand', endCallMessage: 'Bye!', ...body }).id,
    );

  it('takes the one of the secret, keeps its undeclared fields and makes no other', async () => {
    const id = seed(ACME_KEY);
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, assistantId: id });
    const reply = await service.put(org, 'inbound', configuration());
    expect(reply).toMatchObject({ status: 200, body: { assistantId: id, outcome: 'adopted', isNew: false } });
    expect(service.vapi.count('POST')).toBe(0);
    const [adopted] = assistantsOf(service.vapi, org);
    expect(adopted).toMatchObject({ id, endCallMessage: 'Bye!', firstMessage: 'Hello!' });
    expect((await service.put(org, 'inbound', configuration())).body.outcome).toBe('unchanged');
  });

  it('gives it to one role only', async () => {
    const id = seed(ACME_KEY);
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, assistantId: id });
    const [inbound, outbound] = await Promise.all([
      service.put(org, 'inbound', configuration()),
      service.put(org, 'outbound', configuration()),
    ]);
    expect(inbound?.body).toMatchObject({ assistantId: id, outcome: 'adopted' });
    expect(outbound?.body).toMatchObject({ outcome: 'created' });
  });

  it('makes one when the id of the secret does not exist', async () => {
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, assistantId: randomUUID() });
    expect((await service.put(org, 'inbound', configuration())).body.outcome).toBe('created');
  });

  it('does not take one that is another organisation’s', async () => {
    const metadata = { managedBy: 'vapi-sync', deployment: 'test', orgId: 'somebody', role: 'inbound' };
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, assistantId: seed(ACME_KEY, { metadata }) });
    expect((await service.put(org, 'inbound', configuration())).body.outcome).toBe('created');
  });
});

describe('change of scope', () => {
  it('makes the assistant in the account of the organisation’s new key and removes the old one', async () => {
    const before = await service.put(org, 'inbound', configuration());
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    const after = await service.environment2().put(org, 'inbound', configuration());
    expect(after).toMatchObject({ status: 201, body: { outcome: 'created', credentials: { source: 'org-secret' } } });
    expect(live(before.body.assistantId)).toBeUndefined();
    expect(assistantsOf(service.vapi, org).map(({ id }) => id)).toEqual([after.body.assistantId]);
  });

  it('is not undone by an environment that still remembers that there was no key', async () => {
    await service.put(org, 'inbound', configuration());
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    const moved = await service.environment2().put(org, 'inbound', configuration());
    const again = await service.put(org, 'inbound', configuration());
    expect(again.body).toMatchObject({ assistantId: moved.body.assistantId, outcome: 'unchanged' });
    expect(assistantsOf(service.vapi, org)).toHaveLength(1);
  });

  it('back to the platform keeps the old assistant in mind, and uses it again when the key returns', async () => {
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    const own = await service.put(org, 'inbound', configuration());
    service.secrets.remove(service.secretName(org));
    const onPlatform = await service.environment2().put(org, 'inbound', configuration());
    expect(onPlatform).toMatchObject({ status: 201, body: { credentials: { source: 'platform' } } });
    expect((await service.get(org, 'inbound')).body.retiring).toEqual([own.body.assistantId]);
    const unchanged = await service.environment2().put(org, 'inbound', configuration());
    expect(unchanged.body.outcome).toBe('unchanged');

    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    const back = await service.environment2().put(org, 'inbound', configuration());
    expect(back.body).toMatchObject({ outcome: 'adopted', assistantId: own.body.assistantId });
    expect(assistantsOf(service.vapi, org).map(({ id }) => id)).toEqual([own.body.assistantId]);
    expect((await service.get(org, 'inbound')).body).not.toHaveProperty('retiring');
  });

  it('of an unresolved create is not forgotten by an environment that remembers no key', async () => {
    const remembering = service.environment2();
    await remembering.put(org, 'outbound', configuration());
    await remembering.put(org, 'inbound', configuration());
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    service.vapi.configure({ listLagMs: 3_600_000 });
    service.vapi.inject({ on: { method: 'POST' }, behaviour: { kind: 'error-after', status: 500 } });
    const late = { now: () => Date.now() + 60_000 };
    await service.environment2({ runtime: WITHOUT_PAUSES }).put(org, 'inbound', configuration());
    service.vapi.configure({ listLagMs: 0 });
    const remembered = remembering.app.sync.credentials;
    const elsewhere = service.environment2({ runtime: late });
    elsewhere.app.sync.credentials = remembered;
    await elsewhere.put(org, 'inbound', configuration());
    await service.environment2({ runtime: late }).put(org, 'inbound', configuration());
    expect(assistantsOf(service.vapi, org, 'inbound')).toHaveLength(1);
  });

  it('goes on when the old account does not answer, and removes the old one with the next sync', async () => {
    const before = await service.put(org, 'inbound', configuration());
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    service.vapi.inject({ on: { method: 'DELETE' }, times: 3, behaviour: { kind: 'error-before', status: 500 } });
    const other = service.environment2();
    expect(await other.put(org, 'inbound', configuration())).toMatchObject({ status: 201 });
    expect(live(before.body.assistantId)).toBeDefined();
    expect((await service.get(org, 'inbound')).body.retiring).toEqual([before.body.assistantId]);
    await other.put(org, 'inbound', configuration());
    expect(live(before.body.assistantId)).toBeUndefined();
    expect((await service.get(org, 'inbound')).body).not.toHaveProperty('retiring');
  });
});

describe('dry run', () => {
  it('gives the plan with a diff per field, and writes nowhere', async () => {
    await service.put(org, 'inbound', configuration());
    service.clearCounts();
    const reply = await service.put(org, 'inbound', configuration({ firstMessage: 'Good evening!' }), {
      query: { dryRun: 'true' },
    });
    expect(reply).toMatchObject({
      status: 200,
      body: {
        dryRun: true,
        plan: 'update',
        changes: [{ path: '/firstMessage', wanted: 'Good evening!', live: 'Hello!' }],
      },
    });
    expect(service.vapi.requests.every(({ method }) => method === 'GET')).toBe(true);
    expect(service.tableOperations).toEqual(['Query', 'GetItem']);
  });

  it('of a new assistant is a create', async () => {
    const reply = await service.put(org, 'inbound', configuration(), { query: { dryRun: 'true' } });
    expect(reply).toMatchObject({
      status: 200,
      body: { plan: 'create', cause: 'new', assistantId: null, changes: [] },
    });
    expect([calls(service.vapi), service.tableOperations]).toEqual([[], ['Query']]);
  });

  it('must be asked for clearly: a typing error does not write', async () => {
    const reply = await service.put(org, 'inbound', configuration(), { query: { dryRun: 'yes' } });
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'dryRun' }] } });
    expect(calls(service.vapi)).toEqual([]);
  });
});

describe('delete', () => {
  it('is not done for a dry run, which is for PUT alone', async () => {
    const { body } = await service.put(org, 'inbound', configuration());
    const reply = await service.remove(org, 'inbound', { query: { dryRun: 'true' } });
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'dryRun' }] } });
    expect(live(body.assistantId)).toBeDefined();
  });

  it('removes the assistant, the configurations and the mapping; a second call is 204 too', async () => {
    await service.put(org, 'inbound', configuration());
    await service.put(org, 'inbound', withPrompt('new'));
    expect(await service.remove(org, 'inbound')).toMatchObject({ status: 204, body: undefined });
    expect(assistantsOf(service.vapi, org)).toEqual([]);
    expect((await service.get(org, 'inbound')).status).toBe(404);
    service.clearCounts();
    expect((await service.remove(org, 'inbound')).status).toBe(204);
    expect([calls(service.vapi), service.tableOperations]).toEqual([[], ['Query']]);
  });

  it('succeeds when the assistant is gone at Vapi already', async () => {
    const { body } = await service.put(org, 'inbound', configuration());
    await deleteAtVapi(body.assistantId);
    expect((await service.remove(org, 'inbound')).status).toBe(204);
  });

  it('keeps the mapping when Vapi does not delete, and works when repeated', async () => {
    const { body } = await service.put(org, 'inbound', configuration());
    service.vapi.configure({ pinned: [body.assistantId] });
    expect(await service.remove(org, 'inbound')).toMatchObject({ status: 409, body: { code: 'PINNED' } });
    service.vapi.configure({ pinned: [] });
    expect((await service.get(org, 'inbound')).body).toMatchObject({ assistantId: body.assistantId, state: 'synced' });
    expect((await service.remove(org, 'inbound')).status).toBe(204);
  });

  it('leaves the other role alone', async () => {
    await service.put(org, 'inbound', configuration());
    const other = await service.put(org, 'outbound', configuration());
    await service.remove(org, 'inbound');
    expect(assistantsOf(service.vapi, org).map(({ id }) => id)).toEqual([other.body.assistantId]);
    expect((await service.put(org, 'outbound', configuration())).body.outcome).toBe('unchanged');
  });
});

describe('status', () => {
  it('tells what is mapped, in one read and without a call to Vapi', async () => {
    const { body } = await service.put(org, 'outbound', configuration());
    await service.put(org, 'inbound', configuration());
    service.clearCounts();
    const all = await service.get(org);
    expect(all.body.assistants.map(({ role }: { role: string }) => role)).toEqual(['inbound', 'outbound']);
    const one = await service.get(org, 'outbound');
    expect(one.body).toMatchObject({
      orgId: org,
      role: 'outbound',
      state: 'synced',
      assistantId: body.assistantId,
      specHash: body.specHash,
      revision: 1,
      scope: 'platform',
      vapiOrgId: LOCAL_ACCOUNTS[PLATFORM_KEY],
    });
    expect([calls(service.vapi), service.tableOperations]).toEqual([[], ['Query', 'Query']]);
  });

  it('of an organisation without assistants is an empty list, of a missing role a 404', async () => {
    expect(await service.get(org)).toMatchObject({ status: 200, body: { orgId: org, assistants: [] } });
    expect(await service.get(org, 'inbound')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});

describe('the log', () => {
  it('has every step with the operation id, organisation and role, and neither key nor prompt', async () => {
    service.output.clear();
    await service.put(org, 'inbound', configuration(), { headers: { 'x-operation-id': 'op-1' } });
    const steps = service.output.lines().filter(({ code, level }) => typeof code === 'string' && level !== 'DEBUG');
    expect(steps.map(({ code }) => code)).toEqual([
      'OPERATION_STARTED',
      'VOICE_NORMALISED',
      'CREDENTIALS_FELL_THROUGH',
      'CREDENTIALS_RESOLVED',
      'PLAN_MADE',
      'CLAIM_TAKEN',
      'ASSISTANT_CREATED',
      'MAPPING_FINALISED',
      'OPERATION_COMPLETED',
    ]);
    for (const step of steps) expect(step).toMatchObject({ operationId: 'op-1', orgId: org, role: 'inbound' });
    const metrics = service.output.lines().filter((line) => '_aws' in line);
    expect(metrics.flatMap((line) => Object.keys(line))).toEqual(
      expect.arrayContaining(['Outcome', 'VoiceDecision', 'CredentialSource', 'UpstreamCall', 'UpstreamLatency']),
    );
  });

  it('has the stack of what was not expected, the answer has not', async () => {
    const broken = service.environment2({ runtime: { uniqueId: brokenAfterFirst() } });
    service.output.clear();
    const reply = await broken.put(org, 'inbound', configuration());
    expect(reply).toMatchObject({ status: 500, body: { code: 'INTERNAL', retryable: false } });
    expect(JSON.stringify(reply)).not.toContain('planted');
    const [line] = service.output.lines().filter(({ code }) => code === 'UNEXPECTED');
    expect(line).toMatchObject({ error: { message: 'planted', stack: expect.stringContaining('takeClaim') } });
  });
});

function brokenAfterFirst(): () => string {
  let count = 0;
  return () => {
    count += 1;
    if (count > 1) throw new Error('planted');
    return 'first';
  };
}

it('opens only the account that the organisation’s credentials name', async () => {
  service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
  const reply = await service.put(org, 'inbound', configuration());
  expect(reply.body.credentials).toEqual({ source: 'org-secret' });
  expect(keysSeen(service.vapi)).toEqual([ACME_KEY]);
});

describe('Vapi’s own words', () => {
  it('are passed on without the key, should they quote it', async () => {
    service.vapi.inject({
      on: { method: 'POST', path: '/assistant' },
      behaviour: { kind: 'error-before', status: 400, body: { message: `bad token ${PLATFORM_KEY}`, statusCode: 400 } },
    });
    const reply = await service.put(org, 'inbound', configuration());
    expect(reply).toMatchObject({ status: 422, body: { detail: 'Vapi: bad token [api key]' } });
    expect(JSON.stringify(reply)).not.toContain(PLATFORM_KEY);
  });
});
