import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { jest } from '@jest/globals';
import { desireAssistant } from '../../src/domain/configuration/configuration.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { call } from '../local/vapi-caller.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import type { TestService } from '../support/service.ts';
import { assistantsOf, calls } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;

useService((given) => {
  ({ service, org } = given);
});

const put = async (body: JsonObject) => (await service.put(org, 'inbound', body)).body;
const rollBack = (specHash: string, options = {}) => service.rollBack(org, 'inbound', { specHash }, options);
const live = () => assistantsOf(service.vapi, org)[0];
const hashesOf = async () =>
  (await service.history(org, 'inbound')).body.entries.map(({ specHash }: { specHash: string }) => specHash);

describe('GET …/history', () => {
  it('shows what was applied, the latest first, the current one marked, and no prompt', async () => {
    const first = await put(withPrompt('one'));
    const second = await put(withPrompt('two'));
    const reply = await service.history(org, 'inbound');
    const entry = {
      appliedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      firstAppliedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      summary: { name: 'Front desk', model: 'openai/gpt-4o', voice: 'azure/en-US-AndrewNeural' },
    };
    expect(reply).toMatchObject({ status: 200 });
    expect(reply.body).toEqual({
      orgId: org,
      role: 'inbound',
      current: second.specHash,
      entries: [
        { ...entry, specHash: second.specHash, current: true },
        { ...entry, specHash: first.specHash, current: false },
      ],
    });
    expect(JSON.stringify(reply.body)).not.toContain('top-secret-prompt');
  });

  it('asks nothing of Vapi and writes nothing', async () => {
    await put(configuration());
    service.clearCounts();
    await service.history(org, 'inbound');
    expect(calls(service.vapi)).toEqual([]);
    expect(service.tableOperations).toEqual(['Query', 'Query']);
  });

  it('leaves out what Vapi refused: it was never applied', async () => {
    const { specHash } = await put(configuration());
    const refused = await service.put(org, 'inbound', configuration({ firstMessageMode: 7 }));
    expect(refused.status).toBe(422);
    expect(await hashesOf()).toEqual([specHash]);
  });

  it('moves a configuration that is applied again to the top, and knows when it was applied first', async () => {
    const first = await put(withPrompt('one'));
    const second = await put(withPrompt('two'));
    await put(withPrompt('one'));
    const { entries } = (await service.history(org, 'inbound')).body;
    expect(entries.map(({ specHash }: { specHash: string }) => specHash)).toEqual([first.specHash, second.specHash]);
    expect(entries[0].firstAppliedAt < entries[1].appliedAt).toBe(true);
    expect(entries[0].appliedAt > entries[1].appliedAt).toBe(true);
  });

  it('goes on when the worker cannot be asked to remove old configurations, and says so in the log', async () => {
    for (let index = 1; index < 10; index += 1) await put(withPrompt(String(index)));
    const environment = service.anotherEnvironment();
    environment.app.sync.tasks.send = async () => {
      throw new Error('the queue is busy');
    };
    const tenth = await environment.put(org, 'inbound', withPrompt('ten'));
    expect(tenth).toMatchObject({ status: 200, body: { outcome: 'updated', revision: 10 } });
    expect(service.output.text()).toContain('HISTORY_NOT_PRUNED');
  });

  it('is a 404 without a mapping, also after a DELETE, and a 400 for a bad role', async () => {
    await put(configuration());
    await service.remove(org, 'inbound');
    expect(await service.history(org, 'inbound')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect((await service.history(org, 'sideways')).status).toBe(400);
  });

  it('keeps the last fifty, and the one that is applied', async () => {
    const oldest = await put(withPrompt('0'));
    await service.put(org, 'inbound', configuration({ firstMessageMode: 7 }));
    for (let index = 1; index <= 60; index += 1) await put(withPrompt(String(index)));
    await service.drainQueue();
    const shown = await hashesOf();
    expect(shown).toHaveLength(50);
    expect(shown).not.toContain(oldest.specHash);
    const stored = await service.app.sync.history.list({ orgId: org, role: 'inbound' });
    expect(stored.length).toBeLessThan(50 + 10 + 1);
    expect(await rollBack(oldest.specHash)).toMatchObject({ status: 404 });
  });
});

it('a configuration that comes back again and again, each time after another one, does not grow', async () => {
  const { specHash } = await put(withPrompt('back'));
  for (let index = 1; index <= 70; index += 1) {
    await put(withPrompt(String(index)));
    await put(withPrompt('back'));
  }
  await service.drainQueue();
  const stored = await service.app.sync.history.list({ orgId: org, role: 'inbound' });
  const named = stored.find((spec) => spec.specHash === specHash)?.appliedBefore ?? [];
  expect(named.length).toBeGreaterThan(40);
  expect(named.length).toBeLessThan(50 + 10);
  expect(await hashesOf()).toHaveLength(50);
});

describe('the task prune-history', () => {
  const prune = () => service.work([{ kind: 'prune-history', orgId: org, role: 'inbound', operationId: 'x' }]);
  const ends = () => service.output.lines().filter(({ code }) => code === 'OPERATION_COMPLETED');

  it('leaves what is kept, and an assistant that was removed meanwhile', async () => {
    await put(configuration());
    await prune();
    expect(ends().at(-1)).toMatchObject({ operation: 'prune-history', outcome: 'nothing-to-prune' });
    expect(await hashesOf()).toHaveLength(1);
    await service.remove(org, 'inbound');
    expect(await prune()).toEqual({ batchItemFailures: [] });
    expect(ends().at(-1)).toMatchObject({ operation: 'prune-history', outcome: 'removed-meanwhile' });
  });

  it('forgets nothing of a configuration that is saved again meanwhile', async () => {
    const back = await put(withPrompt('back'));
    const after = await put(withPrompt('after'));
    const { history } = service.app.sync;
    const key = { orgId: org, role: 'inbound' } as const;
    await put(withPrompt('other'));
    const stored = await history.list(key);
    await history.remove(
      key,
      stored.filter(({ specHash }) => specHash === back.specHash),
    );
    const list = history.list.bind(history);
    const spied = jest.spyOn(history, 'list').mockImplementationOnce(async (listed) => {
      const seen = await list(listed);
      await put(withPrompt('back'));
      await put(withPrompt('after'));
      return seen;
    });
    await prune();
    spied.mockRestore();
    expect((await hashesOf()).slice(0, 2)).toEqual([after.specHash, back.specHash]);
  });

  it('forgets nothing that came while the pages of the history were read', async () => {
    const { history } = service.app.sync;
    await put(withPrompt('one'));
    const back = await put(withPrompt('back'));
    const list = history.list.bind(history);
    const spied = jest.spyOn(history, 'list').mockImplementationOnce(async (listed) => {
      const first = await list(listed);
      await put(withPrompt('again'));
      const last = await put(withPrompt('after'));
      return [...first, ...(await list(listed)).filter((spec) => spec.specHash === last.specHash)];
    });
    await put(withPrompt('one'));
    await prune();
    spied.mockRestore();
    expect(await hashesOf()).toHaveLength(4);
    expect(await hashesOf()).toContain(back.specHash);
  });

  it('comes back when the table fails', async () => {
    await put(configuration());
    const { history } = service.app.sync;
    const spied = jest.spyOn(history, 'list').mockRejectedValueOnce(new Error('the table is busy'));
    expect((await prune()).batchItemFailures).toHaveLength(1);
    expect(await prune()).toEqual({ batchItemFailures: [] });
    spied.mockRestore();
  });
});

describe('POST …/rollback', () => {
  it('restores an earlier prompt, with the answer of a PUT', async () => {
    const first = await put(withPrompt('the good one'));
    const second = await put(withPrompt('the bad one'));
    const reply = await rollBack(first.specHash);
    expect(reply).toMatchObject({ status: 200, headers: { ETag: '"3"' } });
    expect(reply.body).toEqual({
      ...second,
      specHash: first.specHash,
      revision: 3,
      rollback: { requested: first.specHash },
      operationId: expect.any(String),
      durationMs: expect.any(Number),
    });
    expect(JSON.stringify(live()?.model)).toContain('the good one');
    expect((await service.get(org, 'inbound')).body.specHash).toBe(first.specHash);
  });

  it('clears what the later configuration has added, and keeps what others have', async () => {
    const first = await put(configuration());
    const { assistantId } = await put(configuration({ endCallMessage: 'Bye.' }));
    await call(service.vapi, `PATCH /assistant/${assistantId}`, { body: { voicemailMessage: 'by hand' } });
    await rollBack(first.specHash);
    expect(live()).not.toHaveProperty('endCallMessage');
    expect(live()).toMatchObject({ voicemailMessage: 'by hand' });
  });

  it('brings back the tools of that configuration', async () => {
    const definition = { type: 'function', function: { name: 'book', parameters: { type: 'object', properties: {} } } };
    const first = await put(configuration({ tools: [definition] }));
    await service.drainQueue();
    const linked = (await service.get(org, 'inbound')).body.tools.toolIds;
    await put(configuration());
    expect((await service.get(org, 'inbound')).body.tools.toolIds).toEqual([]);
    const { body } = await rollBack(first.specHash);
    expect(body).toMatchObject({ specHash: first.specHash, rollback: { requested: first.specHash } });
    await service.drainQueue();
    const { tools } = (await service.get(org, 'inbound')).body;
    expect(tools).toMatchObject({ status: 'linked', count: 1 });
    expect(linked).toHaveLength(1);
    expect(live()).toMatchObject({ model: { toolIds: tools.toolIds } });
  });

  it('to what is applied already changes nothing', async () => {
    const { specHash } = await put(configuration());
    service.clearCounts();
    expect(await rollBack(specHash)).toMatchObject({ status: 200, body: { outcome: 'unchanged', revision: 1 } });
    expect(calls(service.vapi)).toEqual(['GET /assistant/:id']);
  });

  it('as a dry run shows the plan and changes nothing', async () => {
    const first = await put(withPrompt('one'));
    await put(withPrompt('two'));
    const reply = await rollBack(first.specHash, { query: { dryRun: 'true' } });
    expect(reply.body).toMatchObject({
      dryRun: true,
      plan: 'update',
      changes: [{ path: '/model/messages/0/content' }],
    });
    expect((await service.get(org, 'inbound')).body.revision).toBe(2);
  });

  it('honours If-Match', async () => {
    const first = await put(withPrompt('one'));
    await put(withPrompt('two'));
    expect(await rollBack(first.specHash, { headers: { 'if-match': '"1"' } })).toMatchObject({ status: 412 });
    expect(await rollBack(first.specHash, { headers: { 'if-match': '"2"' } })).toMatchObject({ status: 200 });
  });

  it('to a configuration whose voice was retired since applies another voice and says so', async () => {
    await put(configuration());
    // As it was stored when Vapi still had the voice.
    const request = {
      config: configuration({ voice: { provider: 'vapi', voiceId: 'Lily' }, metadata: { team: 'x' } }),
    };
    const key = { orgId: org, role: 'inbound' } as const;
    const voice = { requested: null, applied: {}, reason: 'supported' } as const;
    const stored = desireAssistant({ ...request, tools: [], voice }, key, 'test');
    await service.dynamo.send(
      new PutItemCommand({
        TableName: service.environment.TABLE_NAME,
        Item: marshall({
          pk: `ORG#${org}`,
          sk: `SPEC#inbound#${stored.specHash}`,
          payload: JSON.stringify(stored.payload),
          savedAt: '2025-01-01T00:00:00.000Z',
          appliedAt: '2025-01-01T00:00:00.000Z',
        }),
      }),
    );
    const { status, body } = await rollBack(stored.specHash);
    expect(status).toBe(200);
    expect(body.voice).toMatchObject({ requested: { voiceId: 'Lily' }, reason: 'legacy-voice' });
    expect(body.specHash).not.toBe(stored.specHash);
    expect(body.rollback).toEqual({ requested: stored.specHash, note: expect.stringContaining('see voice') });
    expect(live()).toMatchObject({ voice: { provider: 'azure' }, metadata: { team: 'x', orgId: org } });
    expect((await hashesOf())[0]).toBe(body.specHash);
  });

  it('to a hash that is not stored is a 404 that says where the hashes are, and makes no call', async () => {
    await put(configuration());
    service.clearCounts();
    const reply = await rollBack('0'.repeat(64));
    expect(reply).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(reply.body.detail).toContain('/inbound/history');
    expect(calls(service.vapi)).toEqual([]);
    expect(service.tableOperations).toEqual(['GetItem']);
  });

  it('knows nothing of the configurations of another organisation or role', async () => {
    const { specHash } = await put(configuration());
    expect(await service.rollBack(org, 'outbound', { specHash })).toMatchObject({ status: 404 });
    expect(await service.rollBack('somebody-else', 'inbound', { specHash })).toMatchObject({ status: 404 });
  });

  it.each([{}, { specHash: 'short' }, { specHash: '0'.repeat(64), force: true }, [], { specHash: 7 }])(
    'with the body %j is a 400 that says what to send',
    async (body) => {
      const reply = await service.rollBack(org, 'inbound', body);
      expect(reply).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED', errors: [{ field: 'body' }] } });
    },
  );

  it('makes the assistant again when it is gone at Vapi', async () => {
    const first = await put(withPrompt('one'));
    await put(withPrompt('two'));
    await call(service.vapi, `DELETE /assistant/${first.assistantId}`);
    expect(await rollBack(first.specHash)).toMatchObject({
      status: 201,
      body: { outcome: 'recreated', wasDeleted: true },
    });
    expect(JSON.stringify(live()?.model)).toContain('one');
  });
});
