import { LOCAL_ACCOUNTS } from '../../../local/vapi/stand-in.ts';
import { importAssistant } from '../../../src/domain/sync/import/import-assistant.ts';
import {
  type OrganisationReport,
  organisationReportSchema,
} from '../../../src/domain/verification/organisation-report.ts';
import { call } from '../../local/vapi-caller.ts';
import type { Reply } from '../../support/api-description.ts';
import { configuration, withPrompt } from '../../support/configurations.ts';
import { ACME_KEY, PLATFORM_KEY, type TestService } from '../../support/service.ts';
import { useService } from '../../support/use-service.ts';

let service: TestService;
let org: string;

useService((given) => {
  ({ service, org } = given);
});

const event = (orgId: string) => ({
  version: '2.0',
  routeKey: 'POST /orgs/{orgId}/verify',
  requestContext: { http: { method: 'POST' } },
  headers: { 'x-operation-id': 'op-1' },
  pathParameters: { orgId },
});
const verify = (orgId = org): Promise<Reply> => service.anotherEnvironment().invoke('verify', event(orgId));
const reportOf = ({ body }: Reply): OrganisationReport => organisationReportSchema.parse(body);
const atVapi = (request: string, body?: object, key = PLATFORM_KEY) =>
  call(service.vapi, request, { key, ...(body ? { body } : {}) });

async function inbound(orgId = org) {
  const { assistants } = reportOf(await verify(orgId));
  const found = assistants.find(({ role }) => role === 'inbound');
  if (!found) throw new Error('no inbound assistant in the report');
  return found;
}

it('an organisation whose assistants are as they should be is healthy, and only reads are made', async () => {
  await service.put(org, 'inbound', configuration());
  await service.put(org, 'outbound', configuration());
  service.clearCounts();
  const reply = await verify();
  expect(reply.status).toBe(200);
  expect(reportOf(reply)).toEqual(reply.body);
  expect(reply.body).toMatchObject({
    orgId: org,
    operationId: 'op-1',
    healthy: true,
    assistants: [
      { role: 'inbound', status: 'PASS', state: 'synced', differences: [] },
      { role: 'outbound', status: 'PASS', state: 'synced', differences: [] },
    ],
  });
  expect(new Set(service.vapi.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
});

it('what somebody has edited in the dashboard is named field by field', async () => {
  const { body } = await service.put(org, 'inbound', withPrompt('as asked for'));
  await atVapi(`PATCH /assistant/${body.assistantId}`, {
    firstMessage: 'Edited',
    endCallMessage: 'Not ours to declare',
  });
  const { status, checks, differences } = await inbound();
  expect(status).toBe('FAIL');
  expect(checks.equal).toEqual({ status: 'FAIL', message: 'Not as it was applied last: /firstMessage' });
  expect(differences).toEqual([{ path: '/firstMessage', wanted: 'Hello!', live: 'Edited' }]);
});

it('an assistant that was deleted at Vapi is not there, and nothing else can be said of it', async () => {
  const { body } = await service.put(org, 'inbound', configuration());
  await atVapi(`DELETE /assistant/${body.assistantId}`);
  const { status, checks } = await inbound();
  expect(status).toBe('FAIL');
  expect(checks.there.message).toContain(`Vapi has no assistant ${body.assistantId}`);
  expect(checks.equal.status).toBe('UNKNOWN');
  const mapped = await service.get(org, 'inbound');
  expect(mapped.body.assistantId).toBe(body.assistantId);
});

it('a voice that Vapi has retired is named', async () => {
  const { body } = await service.put(org, 'inbound', configuration());
  const { id } = body.assistantId ? { id: body.assistantId } : { id: '' };
  const live = service.vapi.assistants(LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '').find((assistant) => assistant.id === id);
  await atVapi(`DELETE /assistant/${id}`);
  const { id: _id, orgId: _account, createdAt: _created, updatedAt: _updated, ...config } = live ?? {};
  const voice = { provider: 'vapi', voiceId: 'Kylie' };
  service.vapi.seedAssistant(LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '', { ...config, voice }, { id });
  const { checks } = await inbound();
  expect(checks.voice).toEqual({ status: 'FAIL', message: expect.stringContaining('legacy-voice') });
  expect(checks.equal.message).toContain('/voice/voiceId');
});

describe('tools', () => {
  const tool = (name: string) => ({
    type: 'function',
    function: { name, description: org, parameters: { type: 'object' } },
  });
  const putWithTools = async () => {
    const { body } = await service.put(org, 'inbound', { ...configuration(), tools: [tool('first'), tool('second')] });
    return String(body.assistantId);
  };
  const toolIdsOf = async () => {
    const { body } = await service.get(org, 'inbound');
    return body.tools.toolIds as string[];
  };

  it('that are not registered yet are pending, which is not healthy', async () => {
    await putWithTools();
    expect((await inbound()).checks.tools).toEqual({ status: 'FAIL', message: expect.stringContaining('2 tools') });
  });

  it('that are linked pass', async () => {
    await putWithTools();
    await service.drainQueue();
    const { status, checks } = await inbound();
    expect([status, checks.tools]).toEqual(['PASS', { status: 'PASS', message: '2 of 2 are linked' }]);
  });

  it('that somebody unlinked are named', async () => {
    const assistantId = await putWithTools();
    await service.drainQueue();
    const [first, second] = await toolIdsOf();
    const model = { provider: 'openai', model: 'gpt-4o', toolIds: [first] };
    await atVapi(`PATCH /assistant/${assistantId}`, { model });
    const { checks } = await inbound();
    expect(checks.tools.message).toBe(`The assistant is not linked to the tools ${second}`);
    expect(checks.equal.message).toContain('/model/messages');
  });

  it('that somebody deleted at Vapi are named: calls fail on them', async () => {
    await putWithTools();
    await service.drainQueue();
    const [first] = await toolIdsOf();
    await atVapi(`DELETE /tool/${first}`);
    expect((await inbound()).checks.tools.message).toBe(`Vapi does not have the tools ${first} any more`);
  });
});

describe('the phone number', () => {
  const account = LOCAL_ACCOUNTS[ACME_KEY] ?? '';
  const setUp = async () => {
    const body = { provider: 'vapi', name: org };
    const { id } = service.vapi.seed({ account, resource: 'phone-number', body });
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, phoneNumberId: id });
    await service.put(org, 'inbound', configuration());
    return String(id);
  };

  it('that rings this assistant passes; the outbound role has none', async () => {
    const id = await setUp();
    await service.put(org, 'outbound', configuration());
    await service.drainQueue();
    const { assistants } = reportOf(await verify());
    expect(assistants.map(({ checks }) => checks.phoneNumber)).toEqual([
      { status: 'PASS', message: `Number ${id} is answered by this assistant` },
      { status: 'NONE', message: expect.any(String) },
    ]);
  });

  it('that was pointed to another one, or to none, or was given back, is named', async () => {
    const id = await setUp();
    const say = async () => (await inbound()).checks.phoneNumber.message;
    expect(await say()).toBe(`Number ${id} is answered by nobody`);
    const other = service.vapi.seedAssistant(account, { name: 'Other' });
    await atVapi(`PATCH /phone-number/${id}`, { assistantId: other.id }, ACME_KEY);
    expect(await say()).toBe(`Number ${id} is answered by assistant ${other.id}`);
    await atVapi(`DELETE /phone-number/${id}`, undefined, ACME_KEY);
    expect(await say()).toBe(`The account has no phone number ${id}`);
  });
});

it('an assistant that was imported has nothing to be equal to until something is applied', async () => {
  const { id } = service.vapi.seedAssistant(LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '', configuration());
  const imported = await importAssistant(
    {
      ...service.app.sync,
      id: 'import',
      key: { orgId: org, role: 'inbound' },
      by: { kind: 'local', id: 'test' },
      deadline: { remainingMs: () => 20_000 },
      journal: { record: () => {} },
    },
    { assistantId: String(id), observeOnly: false },
  );
  expect(imported).toEqual({ kind: 'imported' });
  const { state, status, checks } = await inbound();
  expect([state, status, checks.equal.status]).toEqual(['imported', 'PASS', 'NONE']);
});

it('an organisation that got its own key has its assistant in the wrong account until the next PUT', async () => {
  await service.put(org, 'inbound', configuration());
  service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
  const { checks } = await inbound();
  expect(checks.there).toEqual({ status: 'FAIL', message: expect.stringContaining('the next PUT moves it') });
});

it('a key that was rotated is read anew', async () => {
  const environment = service.anotherEnvironment();
  service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
  await environment.put(org, 'inbound', configuration());
  service.vapi.configure({ accounts: { ...LOCAL_ACCOUNTS, 'local-rotated-in': LOCAL_ACCOUNTS[ACME_KEY] ?? '' } });
  service.secrets.put(service.secretName(org), { apiKey: 'local-rotated-in' });
  service.vapi.inject({
    on: { key: ACME_KEY },
    behaviour: { kind: 'error-before', status: 401, body: { message: 'no' } },
  });
  const reply = await environment.invoke('verify', event(org));
  expect(reply).toMatchObject({ status: 200, body: { healthy: true } });
});

it.each<[string, number, string, () => void]>([
  ['nothing is mapped', 404, 'NOT_FOUND', () => {}],
  [
    'Vapi is not available',
    503,
    'VAPI_UNAVAILABLE',
    () => service.vapi.inject({ on: { method: 'GET' }, times: 3, behaviour: { kind: 'error-before', status: 500 } }),
  ],
])('when %s, nothing is claimed of the organisation', async (_what, status, code, prepare) => {
  if (status !== 404) await service.put(org, 'inbound', configuration());
  prepare();
  expect(await verify()).toMatchObject({ status, body: { code } });
});

it('an organisation id that is none is refused by name', async () => {
  expect(await verify('../x')).toMatchObject({ status: 400, body: { errors: [{ field: 'orgId' }] } });
});

it('a refusal of Vapi is passed on: nothing is known then', async () => {
  await service.put(org, 'inbound', configuration());
  service.vapi.inject({ on: { method: 'GET' }, times: 1, behaviour: { kind: 'error-before', status: 400 } });
  expect(await verify()).toMatchObject({ status: 422, body: { code: 'VAPI_REJECTED' } });
});
