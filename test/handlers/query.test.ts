import { configuration } from '../support/configurations.ts';
import { driftEvent } from '../support/drift-runs.ts';
import type { TestService } from '../support/service.ts';
import { calls } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;

useService((given) => {
  service = given.service;
});

describe('a query parameter that a route does not know', () => {
  it.each([
    ['dryrun', 'dryrun: unknown parameter; did you mean dryRun?'],
    ['dry_run', 'dry_run: unknown parameter; did you mean dryRun?'],
    ['force', 'force: unknown parameter; this route takes dryRun, allowEmpty'],
    ['constructor', 'constructor: unknown parameter; this route takes dryRun, allowEmpty'],
  ])('%s is refused by PUT, and nothing is written', async (name, detail) => {
    const query = Object.fromEntries([[name, 'true']]);
    const reply = await service.put('query', 'inbound', configuration(), { query });
    expect(reply).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED', detail } });
    expect(calls(service.vapi)).toEqual([]);
    expect(service.tableOperations).toEqual([]);
  });

  it('is refused by DELETE and by the routes that only read', async () => {
    expect(await service.remove('query', 'inbound', { query: { dryrun: 'true' } })).toMatchObject({ status: 400 });
    const event = driftEvent('GET', { id: 'x', query: { limt: '5' } });
    const { status, body } = await service.invoke('drift', event);
    expect({ status, detail: body.detail }).toEqual({
      status: 400,
      detail: 'limt: unknown parameter; did you mean limit?',
    });
  });

  it('each of several is named', async () => {
    const reply = await service.put('query', 'inbound', configuration(), { query: { a: '1', dryrunn: '1' } });
    expect(reply.body.errors).toMatchObject([{ field: 'a' }, { field: 'dryrunn' }]);
  });
});

it('a body in another encoding than UTF-8 is refused, and no other prompt is stored in its place', async () => {
  const body = Buffer.from(JSON.stringify(configuration({ firstMessage: 'Grüezi' })), 'latin1').toString('base64');
  const { status, body: answer } = await service.invoke('sync', {
    routeKey: 'PUT /orgs/{orgId}/assistants/{role}',
    requestContext: { http: { method: 'PUT' } },
    pathParameters: { orgId: 'query', role: 'inbound' },
    isBase64Encoded: true,
    body,
  });
  expect({ status, errors: answer.errors }).toMatchObject({ status: 400, errors: [{ field: 'body' }] });
  expect(calls(service.vapi)).toEqual([]);
});

it('a position in the findings of a run that is longer than any is refused', async () => {
  const { status, body } = await service.invoke(
    'drift',
    driftEvent('GET', { id: 'x', query: { after: 'x'.repeat(3_000) } }),
  );
  expect({ status, errors: body.errors }).toMatchObject({ status: 400, errors: [{ field: 'after' }] });
});

it.each([['yes'], ['1'], ['TRUE'], ['']])('dryRun=%s is neither true nor false, and is refused', async (value) => {
  const reply = await service.put('query', 'inbound', configuration(), { query: { dryRun: value } });
  expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'dryRun' }] } });
  expect(service.tableOperations).toEqual([]);
});

it.each([['x'.repeat(129)], ['two words'], ['a\nb'], ['']])(
  'X-Operation-Id %j is refused, as it could not be found again in the log',
  async (id) => {
    const reply = await service.put('query', 'inbound', configuration(), { headers: { 'x-operation-id': id } });
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'X-Operation-Id' }] } });
    expect(reply.headers['X-Operation-Id']).toMatch(/^[0-9a-f-]{36}$/);
  },
);
