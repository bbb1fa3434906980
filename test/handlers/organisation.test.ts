import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { configuration } from '../support/configurations.ts';
import { ACME_KEY, type CallOptions, type TestService } from '../support/service.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;

useService((given) => {
  service = given.service;
});

function event(method: string, orgId: string, body?: unknown, headers: CallOptions['headers'] = {}) {
  return {
    version: '2.0',
    routeKey: `${method} /orgs/{orgId}`,
    headers,
    requestContext: { http: { method } },
    pathParameters: { orgId },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}
const put = (orgId: string, body: unknown, headers?: CallOptions['headers']) =>
  service.invoke('sync', event('PUT', orgId, body, headers));
const get = (orgId: string) => service.invoke('status', event('GET', orgId));

const RECORD = {
  vapiAssistantId: null,
  vapiPhoneNumberId: '7d1f1f2e-0000-4000-8000-0000000000aa',
  driftMode: 'report',
  driftIgnore: ['/voice/speed'],
};

describe('the record of an organisation', () => {
  it('is made, read, replaced, and not written again when it is the same', async () => {
    expect(await get('made')).toMatchObject({ status: 404, body: { code: 'UNKNOWN_ORGANISATION' } });
    const made = await put('made', RECORD);
    expect(made).toMatchObject({
      status: 201,
      body: { orgId: 'made', revision: 1, ...RECORD },
      headers: { ETag: '"1"' },
    });
    service.clearCounts();
    expect(await put('made', RECORD)).toMatchObject({ status: 200, body: { revision: 1 } });
    expect(service.tableOperations).toEqual(['GetItem']);
    const replaced = await put('made', { driftMode: 'off' });
    const nothing = { vapiAssistantId: null, vapiPhoneNumberId: null, driftIgnore: null };
    expect(replaced).toMatchObject({ status: 200, body: { revision: 2, driftMode: 'off', ...nothing } });
    expect(await get('made')).toMatchObject({ status: 200, body: replaced.body, headers: { ETag: '"2"' } });
  });

  it.each([
    ['an unknown field', { driftmode: 'off' }, 'driftmode'],
    ['a mode that is none', { driftMode: 'sometimes' }, 'driftMode'],
    ['a path outside of a list', { driftIgnore: '/voice/speed' }, 'driftIgnore'],
    ['a path that is no JSON Pointer', { driftIgnore: ['voice.speed'] }, 'driftIgnore.0'],
    ['a path larger than any row', { driftIgnore: [`/${'a'.repeat(500_000)}`] }, 'driftIgnore.0'],
    ['a path that is no valid Unicode', { driftIgnore: ['/\ud800'] }, 'driftIgnore.0'],
    ['a number that is no id', { vapiPhoneNumberId: '+49 30 1234' }, 'vapiPhoneNumberId'],
    ['an assistant that is no id', { vapiAssistantId: 'Anna' }, 'vapiAssistantId'],
    ['a list', [], 'body'],
  ])('is refused with %s, by the name of the field and with what to do', async (_what, body, field) => {
    const detail = expect.stringMatching(/^(use|must be|unknown field;) /);
    expect(await put('refused', body)).toMatchObject({ status: 400, body: { errors: [{ field, detail }] } });
    expect(service.tableOperations).toEqual([]);
  });

  it('is changed only as it was read', async () => {
    await put('guarded', RECORD);
    expect(await put('guarded', {}, { 'if-match': '"7"' })).toMatchObject({ status: 412 });
    expect(await put('guarded', {}, { 'if-none-match': '*' })).toMatchObject({ status: 412 });
    expect(await put('guarded', {}, { 'if-match': '"1"' })).toMatchObject({ status: 200, body: { revision: 2 } });
    expect(await put('fresh', {}, { 'if-match': '*' })).toMatchObject({ status: 412 });
    expect(await put('fresh', {}, { 'if-none-match': '*' })).toMatchObject({ status: 201 });
  });

  it('of many that replace it at once, one does, and the others are told', async () => {
    const modes = ['off', 'report', 'heal'] as const;
    const replies = await Promise.all(modes.map((driftMode) => put('raced', { driftMode })));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const { status } of replies) expect([200, 201, 409]).toContain(status);
  });

  it('from before there were revisions is read, and replaced', async () => {
    await service.putRecord('older', { driftMode: 'heal' });
    expect(await get('older')).toMatchObject({ body: { revision: 0, driftMode: 'heal' } });
    expect(await put('older', { driftMode: 'off' }, { 'if-match': '"0"' })).toMatchObject({ body: { revision: 1 } });
  });

  it('is for operators: a token is refused, whatever it says', async () => {
    const tokens = service.anotherEnvironment({ settings: { JWT_ORG_CLAIM: 'org_id' } });
    await put('operated', RECORD);
    const authorizer = { jwt: { claims: { org_id: 'operated' } } };
    const asked = { ...event('GET', 'operated'), requestContext: { http: { method: 'GET' }, authorizer } };
    expect(await tokens.invoke('status', asked)).toMatchObject({ status: 403 });
    expect(await tokens.invoke('status', event('GET', 'operated'))).toMatchObject({ status: 200 });
  });
});

describe('where only known organisations are served', () => {
  const known = () => service.anotherEnvironment({ settings: { KNOWN_ORGANISATIONS_ONLY: 'true' } });

  it('a mistyped one is refused before anything is made, also in a dry run', async () => {
    for (const query of [undefined, { dryRun: 'true' }]) {
      const reply = await known().put('Acme', 'inbound', configuration(), { query });
      expect(reply).toMatchObject({ status: 404, body: { code: 'UNKNOWN_ORGANISATION', retryable: false } });
    }
    expect(service.vapi.requests).toEqual([]);
  });

  it('one with a record, a secret or an assistant is served', async () => {
    await put('recorded', {});
    service.secrets.put(service.secretName('keyed'), { apiKey: ACME_KEY });
    await service.put('mapped', 'outbound', configuration());
    for (const org of ['recorded', 'keyed', 'mapped']) {
      expect(await known().put(org, 'inbound', configuration())).toMatchObject({ status: 201 });
    }
  });

  it('one that has got its secret a moment ago is served, though its absence was remembered', async () => {
    const environment = known();
    expect(await environment.put('late-key', 'inbound', configuration())).toMatchObject({ status: 404 });
    service.secrets.put(service.secretName('late-key'), { apiKey: ACME_KEY });
    expect(await environment.put('late-key', 'inbound', configuration())).toMatchObject({ status: 201 });
  });

  it('the verification suite makes its own organisations all the same', async () => {
    const environment = service.anotherEnvironment({ settings: { KNOWN_ORGANISATIONS_ONLY: 'true' } });
    const event = { routeKey: 'POST /verify', requestContext: { http: { method: 'POST' } } };
    expect(await environment.invoke('verify', event)).toMatchObject({ status: 200, body: { failed: 0 } });
  });
});

describe('a record that somebody has written by hand', () => {
  const byHand = async (org: string, attributes: Record<string, unknown>) => {
    const Item = marshall({ pk: `ORG#${org}`, sk: 'PROFILE', ...attributes });
    await service.dynamo.send(new PutItemCommand({ TableName: service.environment.TABLE_NAME, Item }));
  };

  it('and that cannot be read lets nothing be healed: what was to be left alone is not known', async () => {
    await byHand('by-hand', { driftMode: 'heal', driftIgnore: '/voice/speed' });
    expect(await get('by-hand')).toMatchObject({ status: 200, body: { driftMode: 'report', driftIgnore: null } });
  });

  it('can be put right by a PUT, whatever is in it', async () => {
    await byHand('odd-ids', { vapiAssistantId: 7, vapiPhoneNumberId: ['x'] });
    expect(await put('odd-ids', RECORD)).toMatchObject({ status: 200, body: { revision: 1, driftMode: 'report' } });
    expect(await get('odd-ids')).toMatchObject({ status: 200, body: RECORD });
  });
});

it.each([['verify-1']])('%s is a name of the verification suite, also for a record and for a rollback', async (org) => {
  expect(await put(org, RECORD)).toMatchObject({ status: 400, body: { errors: [{ field: 'orgId' }] } });
  const rollback = await service.rollBack(org, 'inbound', { specHash: 'f'.repeat(64) });
  expect(rollback).toMatchObject({ status: 400, body: { errors: [{ field: 'orgId' }] } });
});
