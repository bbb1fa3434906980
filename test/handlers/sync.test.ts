import { randomUUID } from 'node:crypto';
import { QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { call } from '../local/vapi-caller.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import { PLATFORM_KEY, type TestService, WITHOUT_PAUSES } from '../support/service.ts';
import { assistantsWithKey, calls } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;

useService((given) => {
  ({ service, org } = given);
});

const live = (id: string) => assistantsWithKey(service.vapi, PLATFORM_KEY).find((assistant) => assistant.id === id);
const patchesOf = () => service.vapi.requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
const editAtVapi = async (id: string, patch: unknown) => {
  expect(await call(service.vapi, `PATCH /assistant/${id}`, { body: patch })).toMatchObject({ status: 200 });
};
const deleteAtVapi = (id: string, key?: string) => call(service.vapi, `DELETE /assistant/${id}`, { key });

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

it('a voice, or a model, with a name of any length is kept with its beginning in the summary', async () => {
  const voice = { provider: '11labs', voiceId: `${'v'.repeat(60)}${'🎙️'.repeat(30_000)}` };
  expect((await service.put(org, 'inbound', configuration({ voice }))).status).toBe(201);
  const { summary } = (await service.get(org, 'inbound')).body;
  expect(summary.voice).toMatch(/^11labs\/v{60}🎙️+.*…$/u);
  expect(summary.voice.length).toBeLessThan(130);
  expect(summary.voice.isWellFormed()).toBe(true);
  expect((await service.history(org, 'inbound')).body.entries[0].summary).toEqual(summary);
  const model = { provider: 'openai', model: 'm'.repeat(240_000) };
  expect(await service.put(org, 'inbound', configuration({ model }))).toMatchObject({ status: 422 });
});

describe('call budgets', () => {
  it('first create is one POST upstream, one read and three writes on the table', async () => {
    const reply = await service.put(org, 'inbound', configuration());
    expect(reply.status).toBe(201);
    expect(calls(service.vapi)).toEqual(['POST /assistant']);
    expect(service.tableOperations).toEqual(['Query', 'PutItem', 'UpdateItem', 'UpdateItem']);
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
    expect(service.tableOperations).toEqual(['Query', ...Array(3).fill('UpdateItem')]);
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
    ['ends early', '{\n  "name": "top-secret-prompt",', 'at line 2, column 31'],
    ['has a comma too many', '{"name": "top-secret-prompt", "model": {},}', 'at line 1, column 43'],
    ['begins with a byte order mark', '\uFEFF{"name": "top-secret-prompt"}', ''],
  ])('says what to do about JSON that %s, and quotes none of it', async (_name, rawBody, at) => {
    const { body } = await service.put(org, 'inbound', undefined, { rawBody });
    const place = at && ` ${at}`;
    expect(body.detail).toBe(`body: is not valid JSON${place}; send JSON in UTF-8, without a byte order mark`);
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
    const environment = service.anotherEnvironment({ runtime: WITHOUT_PAUSES });
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
