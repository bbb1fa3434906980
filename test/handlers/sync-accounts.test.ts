import { randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { call } from '../local/vapi-caller.ts';
import { configuration } from '../support/configurations.ts';
import { ACME_KEY, PLATFORM_KEY, type TestService, WITHOUT_PAUSES } from '../support/service.ts';
import { assistantsOf, assistantsWithKey, keysSeen } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;

useService((given) => {
  ({ service, org } = given);
});

const live = (id: string) => assistantsWithKey(service.vapi, PLATFORM_KEY).find((assistant) => assistant.id === id);
const deleteAtVapi = (id: string, key?: string) => call(service.vapi, `DELETE /assistant/${id}`, { key });

const PLATFORM_SECRET = 'vapi-sync/local/platform';

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
    const swapped = service.anotherEnvironment();
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
    const reply = await service.anotherEnvironment().put(org, 'inbound', configuration());
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
    const after = await service.anotherEnvironment().put(org, 'inbound', configuration());
    expect(after).toMatchObject({ status: 201, body: { outcome: 'created', credentials: { source: 'org-secret' } } });
    expect(live(before.body.assistantId)).toBeUndefined();
    expect(assistantsOf(service.vapi, org).map(({ id }) => id)).toEqual([after.body.assistantId]);
  });

  it('is not undone by an environment that still remembers that there was no key', async () => {
    await service.put(org, 'inbound', configuration());
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    const moved = await service.anotherEnvironment().put(org, 'inbound', configuration());
    const again = await service.put(org, 'inbound', configuration());
    expect(again.body).toMatchObject({ assistantId: moved.body.assistantId, outcome: 'unchanged' });
    expect(assistantsOf(service.vapi, org)).toHaveLength(1);
  });

  it('back to the platform keeps the old assistant in mind, and uses it again when the key returns', async () => {
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    const own = await service.put(org, 'inbound', configuration());
    service.secrets.remove(service.secretName(org));
    const onPlatform = await service.anotherEnvironment().put(org, 'inbound', configuration());
    expect(onPlatform).toMatchObject({ status: 201, body: { credentials: { source: 'platform' } } });
    expect((await service.get(org, 'inbound')).body.retiring).toEqual([own.body.assistantId]);
    const unchanged = await service.anotherEnvironment().put(org, 'inbound', configuration());
    expect(unchanged.body.outcome).toBe('unchanged');

    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    const back = await service.anotherEnvironment().put(org, 'inbound', configuration());
    expect(back.body).toMatchObject({ outcome: 'adopted', assistantId: own.body.assistantId });
    expect(assistantsOf(service.vapi, org).map(({ id }) => id)).toEqual([own.body.assistantId]);
    expect((await service.get(org, 'inbound')).body).not.toHaveProperty('retiring');
  });

  it('of an unresolved create is not forgotten by an environment that remembers no key', async () => {
    const remembering = service.anotherEnvironment();
    await remembering.put(org, 'outbound', configuration());
    await remembering.put(org, 'inbound', configuration());
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    service.vapi.configure({ listLagMs: 3_600_000 });
    service.vapi.inject({ on: { method: 'POST' }, behaviour: { kind: 'error-after', status: 500 } });
    const late = { now: () => Date.now() + 60_000 };
    await service.anotherEnvironment({ runtime: WITHOUT_PAUSES }).put(org, 'inbound', configuration());
    service.vapi.configure({ listLagMs: 0 });
    const remembered = remembering.app.sync.credentials;
    const elsewhere = service.anotherEnvironment({ runtime: late });
    elsewhere.app.sync.credentials = remembered;
    await elsewhere.put(org, 'inbound', configuration());
    await service.anotherEnvironment({ runtime: late }).put(org, 'inbound', configuration());
    expect(assistantsOf(service.vapi, org, 'inbound')).toHaveLength(1);
  });

  it('goes on when the old account does not answer, and removes the old one with the next sync', async () => {
    const before = await service.put(org, 'inbound', configuration());
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    service.vapi.inject({ on: { method: 'DELETE' }, times: 3, behaviour: { kind: 'error-before', status: 500 } });
    const other = service.anotherEnvironment();
    expect(await other.put(org, 'inbound', configuration())).toMatchObject({ status: 201 });
    expect(live(before.body.assistantId)).toBeDefined();
    expect((await service.get(org, 'inbound')).body.retiring).toEqual([before.body.assistantId]);
    await other.put(org, 'inbound', configuration());
    expect(live(before.body.assistantId)).toBeUndefined();
    expect((await service.get(org, 'inbound')).body).not.toHaveProperty('retiring');
  });
});

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
