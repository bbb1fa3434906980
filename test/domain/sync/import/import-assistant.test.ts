import { randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNTS } from '../../../../local/vapi/stand-in.ts';
import { DynamoAssistantOwners } from '../../../../src/adapters/dynamodb/assistant-owners.ts';
import type { Role } from '../../../../src/domain/configuration/assistant-key.ts';
import { isJsonObject, type JsonObject } from '../../../../src/domain/json.ts';
import { Problem } from '../../../../src/domain/problem.ts';
import { type ImportResult, importAssistant } from '../../../../src/domain/sync/import/import-assistant.ts';
import { call } from '../../../local/vapi-caller.ts';
import { configuration, withPrompt } from '../../../support/configurations.ts';
import { type Environment, PLATFORM_KEY, type TestService, WITHOUT_PAUSES } from '../../../support/service.ts';
import { assistantsWithKey, calls } from '../../../support/upstream.ts';
import { useService } from '../../../support/use-service.ts';

let service: TestService;
let org: string;

useService((given) => {
  ({ service, org } = given);
});

const account = LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '';
const seed = (body: JsonObject = configuration({ endCallMessage: 'by hand' })): string => {
  const { id } = service.vapi.seedAssistant(account, body);
  return typeof id === 'string' ? id : '';
};
const live = (id: string) => assistantsWithKey(service.vapi, PLATFORM_KEY).find((assistant) => assistant.id === id);

interface Options {
  orgId?: string;
  role?: Role;
  observeOnly?: boolean;
  mark?: boolean;
  environment?: Environment;
}

const importOne = (assistantId: string, options: Options = {}): Promise<ImportResult> => {
  const { orgId = org, role = 'inbound', observeOnly = false, mark = false, environment = service } = options;
  const ends = Date.now() + 20_000;
  return importAssistant(
    {
      ...{
        ...environment.app.sync,
        owners: new DynamoAssistantOwners({ client: service.dynamo, name: service.environment.TABLE_NAME ?? '' }),
      },
      id: 'import',
      key: { orgId, role },
      by: { kind: 'local', id: 'test' },
      deadline: { remainingMs: () => Math.max(0, ends - Date.now()) },
      journal: { record: () => {} },
    },
    { assistantId, observeOnly, mark },
  );
};
const refusedBecause = (text: string) => ({ kind: 'refused', why: expect.stringContaining(text) });

describe('an import', () => {
  it('maps the assistant with one GET and changes nothing of it', async () => {
    const id = seed();
    const before = live(id);
    expect(await importOne(id)).toEqual({ kind: 'imported' });
    expect(calls(service.vapi)).toEqual(['GET /assistant/:id']);
    expect(live(id)).toEqual(before);
    expect((await service.get(org, 'inbound')).body).toMatchObject({
      state: 'imported',
      assistantId: id,
      specHash: null,
      revision: 1,
      scope: 'platform',
      vapiOrgId: account,
    });
  });

  it('with a mark says whose the assistant is, and keeps the rest as it is', async () => {
    const id = seed(configuration({ metadata: { note: 'by hand' } }));
    const before = live(id);
    expect(await importOne(id, { mark: true })).toEqual({ kind: 'imported' });
    expect(calls(service.vapi)).toEqual(['GET /assistant/:id', 'PATCH /assistant/:id']);
    const metadata = { note: 'by hand', managedBy: 'vapi-sync', deployment: 'test', orgId: org, role: 'inbound' };
    expect(live(id)).toEqual({ ...before, metadata, updatedAt: expect.anything() });
    expect((await service.get(org, 'inbound')).body).toMatchObject({ state: 'imported', specHash: null });
  });

  it('with a mark marks what was imported without, once, and nothing that was PUT since', async () => {
    const id = seed();
    await importOne(id);
    expect(await importOne(id, { mark: true })).toEqual({ kind: 'mapped-already' });
    expect(live(id)?.metadata).toMatchObject({ orgId: org });
    service.clearCounts();
    await importOne(id, { mark: true });
    expect(service.vapi.count('PATCH')).toBe(0);
    expect((await service.put(org, 'inbound', configuration())).status).toBe(200);
    service.clearCounts();
    expect(await importOne(id, { mark: true })).toEqual({ kind: 'mapped-already' });
    expect(calls(service.vapi)).toEqual([]);
  });

  it.each(['GET', 'PATCH'])('whose mark fails at the %s leaves the row as it was', async (method) => {
    const id = seed();
    await importOne(id);
    service.vapi.inject({ on: { method }, times: 3, behaviour: { kind: 'error-before', status: 500 } });
    await expect(importOne(id, { mark: true })).rejects.toThrow(Problem);
    service.vapi.clearFaults();
    expect((await service.get(org, 'inbound')).body).toMatchObject({ state: 'imported', assistantId: id });
    expect(await importOne(id, { mark: true })).toEqual({ kind: 'mapped-already' });
    expect(live(id)?.metadata).toMatchObject({ orgId: org });
  });

  it('again is passed over without a call', async () => {
    const id = seed();
    await importOne(id);
    service.clearCounts();
    expect(await importOne(id)).toEqual({ kind: 'mapped-already' });
    expect(calls(service.vapi)).toEqual([]);
    expect(service.tableOperations).toEqual(['Query']);
  });

  it('that only observes says what it would do, and writes nothing', async () => {
    const id = seed();
    expect(await importOne(id, { observeOnly: true })).toEqual({ kind: 'importable' });
    expect(await importOne(randomUUID(), { observeOnly: true })).toEqual(refusedBecause('is not in the platform'));
    expect(new Set(service.tableOperations)).toEqual(new Set(['Query']));
    expect((await service.get(org)).body.assistants).toEqual([]);
  });

  it('uses the organisation’s own key when it has one', async () => {
    const id = seed();
    service.secrets.put(service.secretName(org), { apiKey: 'local-acme-key' });
    expect(await importOne(id)).toEqual(refusedBecause('own key'));
  });

  it('waits out a limit of Vapi', async () => {
    const id = seed();
    service.vapi.inject({ on: { method: 'GET' }, behaviour: { kind: 'rate-limit', retryAfter: 0.2 } });
    expect(await importOne(id)).toEqual({ kind: 'imported' });
    expect(calls(service.vapi)).toEqual(['GET /assistant/:id', 'GET /assistant/:id']);
  });

  it('ends with the problem when a key cannot be read: another account must not be asked', async () => {
    service.secrets.inject({ secret: service.secretName(org), kind: 'AccessDeniedException', times: null });
    const failing = importOne(seed(), { environment: service.anotherEnvironment() });
    await expect(failing).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
    await expect(failing).rejects.toBeInstanceOf(Problem);
    expect(calls(service.vapi)).toEqual([]);
  });
});

describe('an import refuses', () => {
  it('an assistant that does not exist', async () => {
    expect(await importOne(randomUUID())).toEqual(refusedBecause('is not in the platform’s account'));
    expect((await service.get(org)).body.assistants).toEqual([]);
  });

  it.each([
    ['organisation', { orgId: 'somebody-else' }],
    ['deployment', { deployment: 'production' }],
    ['role', { role: 'outbound' }],
  ])('an assistant that another %s of ours has', async (_whose, other) => {
    const metadata = { managedBy: 'vapi-sync', deployment: 'test', orgId: org, role: 'inbound', ...other };
    const id = seed(configuration({ metadata }));
    expect(await importOne(id)).toEqual(refusedBecause('metadata'));
    expect((await service.get(org)).body.assistants).toEqual([]);
  });

  it('a second one for the same role', async () => {
    const first = seed();
    await importOne(first);
    expect(await importOne(seed())).toEqual(refusedBecause(first));
    expect((await service.get(org, 'inbound')).body.assistantId).toBe(first);
  });

  it('the same one for the other role', async () => {
    const id = seed();
    await importOne(id);
    expect(await importOne(id, { role: 'outbound' })).toEqual(refusedBecause('inbound'));
  });

  it('the same one for another organisation, which its metadata does not tell yet', async () => {
    const id = seed();
    await importOne(id);
    expect(await importOne(id, { orgId: `${org}-b` })).toEqual(refusedBecause(`${org}/inbound`));
  });

  it('while a creation is unresolved: its assistant may still turn up', async () => {
    service.vapi.configure({ listLagMs: 60_000 });
    service.vapi.inject({ on: { method: 'POST' }, behaviour: { kind: 'error-after', status: 500 } });
    const environment = service.anotherEnvironment({ runtime: WITHOUT_PAUSES });
    expect((await environment.put(org, 'inbound', configuration(), { remainingMs: 9_000 })).status).toBe(503);
    service.vapi.configure({ listLagMs: 0 });
    expect(await importOne(seed())).toEqual(refusedBecause('outcome of a creation is unknown'));
  });
});

it('an import beside a PUT waits for its claim, and then sees what it made', async () => {
  service.vapi.inject({ on: { method: 'POST' }, behaviour: { kind: 'slow', ms: 300 } });
  const putting = service.put(org, 'inbound', configuration());
  while (service.vapi.count('POST') === 0) await new Promise((resolve) => setImmediate(resolve));
  const result = await importOne(seed());
  const { body } = await putting;
  expect(result).toEqual(refusedBecause(body.assistantId));
});

describe('the first PUT after an import', () => {
  it('marks the assistant as ours, changes what it declares and clears nothing else', async () => {
    const id = seed(configuration({ endCallMessage: 'by hand', metadata: { team: 'sales' } }));
    await importOne(id);
    const { status, body } = await service.put(org, 'inbound', withPrompt('new'));
    expect(status).toBe(200);
    expect(body).toMatchObject({ outcome: 'updated', assistantId: id, isNew: false, revision: 2 });
    expect(live(id)).toMatchObject({
      endCallMessage: 'by hand',
      metadata: { team: 'sales', managedBy: 'vapi-sync', orgId: org, role: 'inbound' },
    });
    expect(JSON.stringify(live(id)?.model)).toContain('new');
    expect((await service.get(org, 'inbound')).body).toMatchObject({ state: 'synced', specHash: body.specHash });
  });

  it('adds our metadata also when everything else is as wanted', async () => {
    const id = seed(configuration());
    await importOne(id);
    await service.put(org, 'inbound', configuration());
    expect(live(id)?.metadata).toMatchObject({ managedBy: 'vapi-sync' });
    expect(await service.put(org, 'inbound', configuration())).toMatchObject({ body: { outcome: 'unchanged' } });
  });

  it('can be looked at before, as a dry run', async () => {
    await importOne(seed());
    const { body } = await service.put(org, 'inbound', withPrompt('new'), { query: { dryRun: 'true' } });
    expect(body.plan).toBe('update');
    const paths = body.changes.map(({ path }: { path: string }) => path);
    expect(paths).toEqual(['/model/messages/0/content', '/metadata']);
  });

  it('can be undone: what the assistant was like is in the history', async () => {
    const id = seed(withPrompt('from before'));
    await importOne(id);
    const imported = (await service.history(org, 'inbound')).body;
    expect(imported).toMatchObject({ current: null, entries: [{ current: false, summary: { name: 'Front desk' } }] });
    await service.put(org, 'inbound', withPrompt('new'));
    const reply = await service.rollBack(org, 'inbound', { specHash: imported.entries[0].specHash });
    expect(reply).toMatchObject({ status: 200, body: { outcome: 'updated', assistantId: id } });
    expect(JSON.stringify(live(id)?.model)).toContain('from before');
  });

  it('makes the assistant again when it is gone', async () => {
    const id = seed();
    await importOne(id);
    await call(service.vapi, `DELETE /assistant/${id}`);
    expect(await service.put(org, 'inbound', configuration())).toMatchObject({ body: { outcome: 'recreated' } });
  });
});

it('keys of other providers are not copied into the table', async () => {
  const id = seed(configuration({ credentials: [{ provider: 'openai', apiKey: 'sk-of-somebody' }] }));
  await importOne(id);
  const [entry] = (await service.history(org, 'inbound')).body.entries;
  const key = { orgId: org, role: 'inbound' } as const;
  const stored = await service.app.sync.specs.load(key, entry.specHash);
  expect(isJsonObject(stored)).toBe(true);
  expect(JSON.stringify(stored)).not.toContain('sk-of-somebody');
});
