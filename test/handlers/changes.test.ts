import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { call } from '../local/vapi-caller.ts';
import { removeUpstream } from '../performance/remove-upstream.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import { runDrift } from '../support/drift-runs.ts';
import { eventErrors } from '../support/event-schemas.ts';
import { ACME_KEY, PLATFORM_KEY, SECRETS, type TestService } from '../support/service.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;
useService((given) => {
  ({ service, org } = given);
});
beforeEach(async () => {
  service.bus.refuse = () => false;
  await service.drainQueue();
  await service.announce();
  service.bus.clear();
});
afterEach(() => {
  for (const event of service.bus.events) expect(eventErrors(event)).toEqual([]);
});

type Detail = Record<string, unknown>;
const isDetail = (detail: unknown): detail is Detail => typeof detail === 'object' && detail !== null;
const told = () =>
  service.bus.events.flatMap(({ type, detail }) =>
    isDetail(detail) && detail.orgId === org ? [{ type, ...detail }] : [],
  );
const types = () => told().map(({ type }) => type);
const event = (route: string, more: object) => ({
  version: '2.0',
  routeKey: route,
  requestContext: { http: { method: 'GET' } },
  ...more,
});
const changes = async (query: Record<string, string> = {}, orgId = org) => {
  const asked = { pathParameters: { orgId }, queryStringParameters: query };
  return (await service.invoke('fleet', event('GET /orgs/{orgId}/changes', asked))).body;
};
const put = (body: object) => service.put(org, 'inbound', body);

describe('each change', () => {
  it('is told also when the clock has not gone on since the one before, or goes back', async () => {
    const { runtime } = service.app.sync;
    const { now } = runtime;
    const start = now();
    for (const [index, ms] of [0, 0, -700].entries()) {
      runtime.now = () => start + ms;
      await put(withPrompt(String(index)));
    }
    runtime.now = now;
    await service.announce();
    expect(types()).toEqual(['Assistant Created', 'Assistant Updated', 'Assistant Updated']);
    const times = told().map((change) => String(Reflect.get(change, 'at')));
    expect(times).toEqual([...new Set(times)].toSorted());
  });

  it('is told once, with the pointers of what differs and no value', async () => {
    const first = (await put(withPrompt('one'))).body;
    const second = (await put({ ...withPrompt('two'), firstMessage: 'Good morning' })).body;
    await service.announce();
    const { assistantId } = first;
    expect(told()).toMatchObject([
      {
        type: 'Assistant Created',
        version: 1,
        action: 'created',
        assistantId,
        role: 'inbound',
        revision: 1,
        from: null,
        to: first.specHash,
        paths: ['/firstMessage', '/model', '/name', '/voice'],
        by: { kind: 'local' },
        operationId: first.operationId,
      },
      {
        type: 'Assistant Updated',
        action: 'updated',
        revision: 2,
        from: first.specHash,
        to: second.specHash,
        paths: ['/firstMessage', '/model/messages/0/content'],
        operationId: second.operationId,
      },
    ]);
  });

  it('is kept as it was told, newest first, and shown page by page', async () => {
    await put(withPrompt('one'));
    await put(withPrompt('two'));
    await service.put(org, 'outbound', withPrompt('three'));
    await service.announce();
    const all = await changes();
    expect(all.items.map(({ action, role }: Detail) => `${action} ${role}`)).toEqual([
      'created outbound',
      'updated inbound',
      'created inbound',
    ]);
    const kept = all.items.map((change: Detail) => ({ version: 1, ...change })).toReversed();
    expect(told().map(({ type: _type, ...detail }) => detail)).toEqual(kept);
    const page = await changes({ limit: '2' });
    expect((await changes({ limit: '2', cursor: page.next })).items).toEqual(all.items.slice(2));
    expect((await changes({ role: 'outbound' })).items).toHaveLength(1);
    expect((await changes({}, 'another')).items).toEqual([]);
  });

  it('has its own name', async () => {
    await put(configuration());
    await removeUpstream(service, org);
    await put(configuration());
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    await service.anotherEnvironment().put(org, 'inbound', configuration());
    await service.anotherEnvironment().remove(org, 'inbound');
    await service.announce();
    expect(types()).toEqual(['Assistant Created', 'Assistant Recreated', 'Assistant Moved', 'Assistant Removed']);
    expect(told().at(-1)).toMatchObject({ to: null, paths: [] });
  });

  it('of tools that the worker has linked is a link', async () => {
    const tools = [{ type: 'function', function: { name: `book-${org}`.slice(0, 40) } }];
    await put(configuration({ tools }));
    await service.drainQueue();
    await service.announce();
    expect(told()).toMatchObject([
      { action: 'created', paths: expect.arrayContaining(['/tools']) },
      { action: 'linked', paths: ['/tools'], by: { kind: 'worker', id: 'sync-tools' } },
    ]);
  });

  it('of an assistant that was there is an adoption', async () => {
    const { id } = service.vapi.seedAssistant('0a0a0a0a-0000-4000-8000-000000000002', configuration());
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, assistantId: id });
    await put(configuration());
    await service.announce();
    expect(types()).toEqual(['Assistant Adopted']);
  });

  it('that a drift run has healed is the run’s', async () => {
    await put(configuration());
    await removeUpstream(service, org);
    const { run } = await runDrift(service, 'heal');
    await service.drainQueue();
    await runDrift(service, 'report');
    await service.announce();
    expect(types()).toEqual(['Assistant Created', 'Drift Found', 'Assistant Recreated', 'Drift Resolved']);
    expect(told()[2]).toMatchObject({ by: { kind: 'drift', id: run.runId } });
  });
});

describe('nothing is told of what did not happen:', () => {
  it('an unchanged sync, a refused one, a plan, one that could not reach Vapi', async () => {
    await put(withPrompt('one'));
    await service.announce();
    service.bus.clear();
    await put(withPrompt('one'));
    await put({ nonsense: true });
    await service.put(org, 'inbound', withPrompt('two'), { query: { dryRun: 'true' } });
    service.vapi.inject({ on: { method: 'PATCH' }, times: 3, behaviour: { kind: 'error-before', status: 400 } });
    await put(withPrompt('two'));
    service.vapi.clearFaults();
    service.vapi.inject({ on: { method: 'GET' }, times: 3, behaviour: { kind: 'error-before', status: 500 } });
    await put(withPrompt('three'));
    await service.announce();
    expect(told()).toEqual([]);
  });
});

describe('a finding', () => {
  it('is told when it appears and when it is gone, not each time', async () => {
    const { body } = await put(configuration());
    await removeUpstream(service, org);
    const { run } = await runDrift(service, 'report');
    await runDrift(service, 'report');
    await service.announce();
    expect(told().slice(1)).toMatchObject([
      {
        type: 'Drift Found',
        version: 1,
        runId: run.runId,
        class: 'missing',
        assistantId: body.assistantId,
        fields: [],
      },
    ]);
  });
});

describe('an assistant of ours that no mapping names', () => {
  const metadata = () => ({ managedBy: 'vapi-sync', deployment: 'test', orgId: org, role: 'outbound' });
  const seed = () =>
    service.vapi.seedAssistant(LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '', { ...configuration(), metadata: metadata() }).id;

  it('is told when it is found first, not by later runs, and when it is gone', async () => {
    await put(configuration());
    await service.announce();
    service.bus.clear();
    const assistantId = seed();
    const { run } = await runDrift(service, 'report');
    await runDrift(service, 'report');
    await service.announce();
    const finding = { version: 1, runId: run.runId, role: 'outbound', assistantId, class: 'orphan', fields: [] };
    expect(told()).toMatchObject([{ type: 'Drift Found', ...finding }]);
    await call(service.vapi, `DELETE /assistant/${assistantId}`);
    await runDrift(service, 'report');
    await service.announce();
    expect(told().slice(1)).toMatchObject([{ type: 'Drift Resolved', ...finding }]);
  });

  it('and that a run removes, is gone at once', async () => {
    seed();
    const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + 2 * 3_600_000 } });
    await runDrift(later, 'heal');
    await service.announce();
    expect(types()).toEqual(['Drift Found', 'Drift Resolved']);
  });

  it('in an account that a run could not look at is not taken for gone', async () => {
    const assistantId = seed();
    await runDrift(service, 'report');
    await call(service.vapi, `DELETE /assistant/${assistantId}`);
    service.vapi.inject({
      on: { method: 'GET', path: '/assistant' },
      times: 50,
      behaviour: { kind: 'error-before', status: 401 },
    });
    await runDrift(service, 'report');
    service.vapi.clearFaults();
    await service.announce();
    expect(types()).toEqual(['Drift Found']);
  });
});

describe('a bus that does not take everything', () => {
  it('gets each event in the end, in the order of each assistant, with one content for one id', async () => {
    const orgs = Array.from({ length: 4 }, (_, index) => `${org}-${index}`);
    for (const text of ['one', 'two', 'three']) {
      for (const one of orgs) await service.put(one, 'inbound', withPrompt(text));
    }
    service.bus.refuse = (_event, count) => count % 3 === 0;
    for (let round = 0; round < 10; round += 1) await service.announce();
    for (const one of orgs) {
      const details = service.bus.events.map(({ detail }) => detail).filter(isDetail);
      const own = details.filter(({ orgId }) => orgId === one);
      const first = [...new Map(own.map((detail) => [detail.id, detail])).values()];
      expect(first.map(({ revision }) => revision)).toEqual([1, 2, 3]);
      for (const detail of own) {
        expect(JSON.stringify(detail)).toBe(JSON.stringify(first.find(({ id }) => id === detail.id)));
      }
    }
  });

  it('and one that is away, loses nothing', async () => {
    await put(withPrompt('one'));
    service.bus.refuse = () => true;
    await service.announce();
    expect(told()).toEqual([]);
    service.bus.refuse = () => false;
    await service.announce();
    expect(types()).toEqual(['Assistant Created']);
    expect((await changes()).items).toHaveLength(1);
  });
});

describe('GET /changes', () => {
  const follow = async (query: Record<string, string>) =>
    (await service.invoke('fleet', event('GET /changes', { queryStringParameters: query }))).body;

  it('gives all organisations, oldest first, and what is new to whoever follows', async () => {
    const since = new Date().toISOString();
    await put(withPrompt('one'));
    await service.announce();
    const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + 10_000 } });
    const ask = async (query: Record<string, string>) =>
      (await later.invoke('fleet', event('GET /changes', { queryStringParameters: query }))).body;
    const page = await ask({ since });
    expect(page.items).toMatchObject([{ orgId: org, action: 'created' }]);
    const empty = await ask({ cursor: page.next });
    expect(empty).toEqual({ items: [], next: page.next });
    await put(withPrompt('two'));
    await service.announce();
    expect((await ask({ cursor: empty.next })).items).toMatchObject([{ orgId: org, action: 'updated' }]);
  });

  it.each(['now', 'tomorrow'])('has nothing yet for whoever follows from %s on', async (when) => {
    const since = new Date(Date.now() + (when === 'now' ? 0 : 86_400_000)).toISOString();
    const page = await follow({ since });
    expect(page).toEqual({ items: [], next: expect.any(String) });
    expect(await follow({ cursor: page.next })).toEqual(page);
  });

  it.each([
    ['this moment', 0],
    ['tomorrow', 86_400_000],
  ])('since %s has nothing to show yet, and is followed from there', async (_name, ahead) => {
    await put(withPrompt('one'));
    await service.announce();
    const page = await follow({ since: new Date(Date.now() + ahead).toISOString() });
    expect(page).toEqual({ items: [], next: expect.any(String) });
    expect(await follow({ cursor: page.next })).toEqual(page);
  });

  it.each([
    ['9999-12-31T23:59:59-01:00', 0],
    ['0000-01-01T00:00:00+01:00', 1],
  ])('since %s, which is in no year of four digits, is followed as any other time', async (since, least) => {
    await put(withPrompt('one'));
    await service.announce();
    const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + 10_000 } });
    const ask = async (query: Record<string, string>) =>
      (await later.invoke('fleet', event('GET /changes', { queryStringParameters: query }))).body;
    const page = await ask({ since, limit: '1' });
    expect(page).toEqual({ items: Array.from({ length: least }, () => expect.anything()), next: expect.any(String) });
    expect(await ask({ cursor: page.next, limit: '1' })).toMatchObject({ next: expect.any(String) });
  });

  it.each([
    ['since', 'yesterday'],
    ['since', '2026-13-01T00:00:00Z'],
    ['limit', '0'],
    ['cursor', 'x'],
    ['cursor', Buffer.from('{"at":"zzz"}').toString('base64url')],
    ['cursor', Buffer.from(`{"at":"${'2'.repeat(3000)}"}`).toString('base64url')],
  ])('refuses %s=%s, naming it', async (name, value) => {
    expect(await follow({ [name]: value })).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: name }] });
  });
});

it('a cursor that no page of an organisation has named is refused', async () => {
  const cursor = Buffer.from(`{"sk":"${'2'.repeat(3000)}"}`).toString('base64url');
  expect(await changes({ cursor })).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'cursor' }] });
});

it('no change and no event holds a key, a prompt or a value of a configuration', async () => {
  await put(withPrompt('one'));
  await put({ ...withPrompt('two'), firstMessage: 'a value that must not be told' });
  await service.announce();
  const text = JSON.stringify([service.bus.events, await changes()]);
  for (const secret of [...SECRETS, 'a value that must not be told']) expect(text).not.toContain(secret);
});
