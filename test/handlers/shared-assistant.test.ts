import { randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { importAssistant } from '../../src/domain/sync/import/import-assistant.ts';
import { configuration } from '../support/configurations.ts';
import { ACME_KEY, PLATFORM_KEY, type TestService } from '../support/service.ts';
import { useService } from '../support/use-service.ts';

const ACME = LOCAL_ACCOUNTS[ACME_KEY] ?? '';
const PLATFORM = LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '';

let service: TestService;
let orgs: string[];

useService((given) => {
  service = given.service;
});
beforeEach(() => {
  orgs = Array.from({ length: 4 }, () => `org-${randomUUID().slice(0, 8)}`);
});

const known = (account: string) => String(service.vapi.seedAssistant(account, { name: 'By hand' }).id);
const nameIn = (org: string, assistantId: string) =>
  service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, assistantId });
const put = (org: string) => service.anotherEnvironment().put(org, 'inbound', configuration({ name: org }));
const imported = (orgId: string, role: 'inbound' | 'outbound', assistantId: string) =>
  importAssistant(
    {
      ...service.app.sync,
      ...service.app.sync,
      id: 'import',
      key: { orgId, role },
      by: { kind: 'local', id: 'test' },
      deadline: { remainingMs: () => 20_000 },
      journal: { record: () => {} },
    },
    { assistantId, observeOnly: false },
  );

describe('an assistant that several organisations name', () => {
  it('is adopted by one of them when all PUT at the same moment; the others are told, and change nothing', async () => {
    const id = known(ACME);
    for (const org of orgs) nameIn(org, id);
    const replies = await Promise.all(orgs.map(put));
    const adopted = replies.filter(({ status }) => status === 200);
    expect(adopted).toMatchObject([{ body: { outcome: 'adopted', assistantId: id } }]);
    for (const reply of replies.filter(({ status }) => status !== 200)) {
      expect(reply).toMatchObject({ status: 409, body: { code: 'ASSISTANT_TAKEN', retryable: false } });
      for (const org of orgs) expect(reply.body.detail).not.toContain(org);
    }
    const [live] = service.vapi.assistants(ACME).filter((assistant) => assistant.id === id);
    expect(live?.name).toBe(adopted[0]?.body.orgId);
    for (const org of orgs.filter((name) => name !== live?.name)) {
      expect((await service.get(org, 'inbound')).status).toBe(404);
    }
  });

  it('is free for another one when its mapping is gone, and the assistant is there again', async () => {
    const [first = '', second = ''] = orgs;
    const id = known(ACME);
    nameIn(first, id);
    expect(await put(first)).toMatchObject({ body: { outcome: 'adopted' } });
    await service.remove(first, 'inbound');
    service.vapi.seedAssistant(ACME, { name: 'By hand' }, { id });
    nameIn(second, id);
    expect(await put(second)).toMatchObject({ body: { outcome: 'adopted', assistantId: id } });
    expect(await put(first)).toMatchObject({ body: { outcome: 'created' } });
  });

  it('stays with whom it was imported for, though it does not carry our mark yet', async () => {
    const [owner = '', other = ''] = orgs;
    const id = known(PLATFORM);
    expect(await imported(owner, 'inbound', id)).toEqual({ kind: 'imported' });
    await service.putRecord(other, { vapiAssistantId: id });
    expect(await put(other)).toMatchObject({ status: 409, body: { code: 'ASSISTANT_TAKEN' } });
    expect(await imported(other, 'inbound', id)).toMatchObject({ kind: 'refused' });
    expect((await service.get(owner, 'inbound')).body).toMatchObject({ assistantId: id, state: 'imported' });
  });

  it('is imported once, also when two do it at the same time', async () => {
    const id = known(PLATFORM);
    const results = await Promise.all(orgs.map((org) => imported(org, 'inbound', id)));
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(['imported', 'refused', 'refused', 'refused']);
  });
});

it('the other role of an organisation gets an assistant of its own', async () => {
  const [org = ''] = orgs;
  const id = known(PLATFORM);
  await service.putRecord(org, { vapiAssistantId: id });
  expect(await imported(org, 'outbound', id)).toEqual({ kind: 'imported' });
  const reply = await put(org);
  expect(reply).toMatchObject({ status: 201, body: { outcome: 'created' } });
  expect(reply.body.assistantId).not.toBe(id);
});
