import { type AttributeValue, DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { call } from '../local/vapi-caller.ts';
import { configuration } from '../support/configurations.ts';
import { driftEvent, readRun, runDrift } from '../support/drift-runs.ts';
import type { TestService } from '../support/service.ts';
import { assistantsOf } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;

useService(
  (given) => {
    ({ service, org } = given);
  },
  { settings: { DRIFT_GRACE_MINUTES: '0' } },
);

const table = () => service.environment.TABLE_NAME;

/** An attribute that every kind of row has, set to what no version writes. */
async function damage(pk: string, sk: string, attribute: string, value: AttributeValue = { BOOL: true }) {
  await service.dynamo.send(
    new UpdateItemCommand({
      TableName: table(),
      Key: marshall({ pk, sk }),
      UpdateExpression: 'SET #name = :value',
      ExpressionAttributeNames: { '#name': attribute },
      ExpressionAttributeValues: { ':value': value },
    }),
  );
}

const mend = (pk: string, sk: string, attribute: string, n: string) => damage(pk, sk, attribute, { N: n });

describe('a mapping that cannot be read', () => {
  const row = () => `ORG#${org} ASSISTANT#inbound`;
  const damageMapping = () => damage(`ORG#${org}`, 'ASSISTANT#inbound', 'revision');
  const mendMapping = () => mend(`ORG#${org}`, 'ASSISTANT#inbound', 'revision', '1');

  it('stops its own assistant with the name of the row, and not the other one of the organisation', async () => {
    await service.put(org, 'inbound', configuration());
    await damageMapping();
    const refusal = { status: 500, body: { code: 'INTERNAL', detail: expect.stringContaining(row()) } };
    expect(await service.put(org, 'inbound', configuration({ name: 'New' }))).toMatchObject(refusal);
    expect(await service.remove(org, 'inbound')).toMatchObject(refusal);
    expect(await service.get(org, 'inbound')).toMatchObject(refusal);
    expect(await service.put(org, 'outbound', configuration())).toMatchObject({ status: 201 });
    expect(await service.get(org)).toMatchObject({
      status: 200,
      body: { assistants: [{ role: 'outbound' }], unreadable: [row()] },
    });
    expect(assistantsOf(service.vapi, org, 'inbound')).toHaveLength(1);
    await mendMapping();
  });

  it('is one finding of a healing run: its assistant stays, and what is beside it is healed', async () => {
    const neighbour = `${org}-b`;
    await service.put(org, 'inbound', configuration());
    const { body } = await service.put(neighbour, 'inbound', configuration());
    await damageMapping();
    await call(service.vapi, `PATCH /assistant/${body.assistantId}`, { body: { name: 'By hand' } });
    const { run, findings } = await runDrift(service, 'heal');
    await service.drainQueue();
    expect(run).toMatchObject({ status: 'closed', unknown: 0, classes: { unreadable: 1, orphan: 0 } });
    expect(findings.find(({ orgId }) => orgId === org)).toMatchObject({
      class: 'unreadable',
      role: 'inbound',
      detail: row(),
    });
    expect(assistantsOf(service.vapi, org, 'inbound')).toHaveLength(1);
    expect(assistantsOf(service.vapi, neighbour, 'inbound')).toMatchObject([{ name: 'Front desk' }]);
    await mendMapping();
  });

  it('hides its assistant also when the index does not know the row: it is no orphan', async () => {
    await service.put(org, 'inbound', configuration());
    await service.dynamo.send(
      new PutItemCommand({
        TableName: table(),
        Item: marshall({ pk: `ORG#${org}`, sk: 'ASSISTANT#inbound', revision: 'lost' }),
      }),
    );
    const { findings } = await runDrift(service, 'heal');
    expect(findings.find(({ orgId }) => orgId === org)).toMatchObject({ class: 'unreadable', detail: row() });
    expect(assistantsOf(service.vapi, org, 'inbound')).toHaveLength(1);
    const Key = marshall({ pk: `ORG#${org}`, sk: 'ASSISTANT#inbound' });
    await service.dynamo.send(new DeleteItemCommand({ TableName: table(), Key }));
  });
});

it('an organisation record that cannot be read stops its organisation by name, and no run', async () => {
  await service.putRecord(org, {});
  const { body } = await service.put(org, 'inbound', configuration());
  await damage(`ORG#${org}`, 'PROFILE', 'vapiAssistantId');
  expect(await service.put(org, 'inbound', configuration({ name: 'New' }))).toMatchObject({
    status: 500,
    body: { detail: expect.stringContaining(`ORG#${org} PROFILE`) },
  });
  await call(service.vapi, `PATCH /assistant/${body.assistantId}`, { body: { name: 'By hand' } });
  const { findings } = await runDrift(service, 'heal');
  expect(findings.find(({ orgId }) => orgId === org)).toMatchObject({
    class: 'unreadable',
    detail: `ORG#${org} PROFILE`,
  });
  expect(assistantsOf(service.vapi, org, 'inbound')).toMatchObject([{ name: 'By hand' }]);
});

it('a configuration that cannot be read is as good as lost', async () => {
  const { body } = await service.put(org, 'inbound', configuration());
  await damage(`ORG#${org}`, `SPEC#inbound#${body.specHash}`, 'payload');
  const { findings } = await runDrift(service, 'report');
  expect(findings.find(({ orgId }) => orgId === org)).toMatchObject({ class: 'pending', cause: 'configuration-lost' });
});

it('an entry of the history that cannot be read is named, and nothing is removed beside it', async () => {
  const { specHash } = (await service.put(org, 'inbound', configuration())).body;
  await service.put(org, 'inbound', configuration({ name: 'New' }));
  const sk = `SPEC#inbound#${specHash}`;
  await damage(`ORG#${org}`, sk, 'savedAt');
  const detail = expect.stringContaining(`ORG#${org} ${sk}`);
  expect(await service.history(org, 'inbound')).toMatchObject({ status: 500, body: { code: 'INTERNAL', detail } });
  service.output.clear();
  const task = { kind: 'prune-history', orgId: org, role: 'inbound', operationId: 'x' };
  expect((await service.work([task])).batchItemFailures).toHaveLength(1);
  expect(service.output.lines().find(({ code }) => code === 'TASK_FAILED')).toMatchObject({ detail });
});

it('a drift run that cannot be read is named in the list, and no new one waits for it', async () => {
  const { body } = await service.invoke('drift', driftEvent('POST', { body: { mode: 'report' } }));
  await damage('DRIFT', `RUN#${body.runId}`, 'status');
  const listed = await service.invoke('drift', driftEvent('GET'));
  expect(listed).toMatchObject({ status: 200, body: { unreadable: [`DRIFT RUN#${body.runId}`] } });
  await service.drainQueue();
  // The run that is named last and is not there may just be starting: it is waited for as long as one that stands
  // still.
  const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + 3_600_000 } });
  const { run } = await runDrift(later, 'report');
  expect(run.status).toBe('closed');
});

it('a finding that cannot be read is named, and hides no other', async () => {
  for (const role of ['inbound', 'outbound']) {
    const { body } = await service.put(org, role, configuration());
    await call(service.vapi, `DELETE /assistant/${body.assistantId}`);
  }
  const { run, findings } = await runDrift(service, 'report');
  const [damaged] = findings.filter(({ orgId }) => orgId === org);
  await damage(`DRIFT#${run.runId}`, `FINDING#${damaged.id}`, 'foundAt');
  const again = await readRun(service, run.runId);
  expect(again.findings).toHaveLength(findings.length - 1);
  expect(again.run.unreadable).toEqual([`DRIFT#${run.runId} FINDING#${damaged.id}`]);
});

it('a tool that cannot be read is one finding; the others are registered and linked all the same', async () => {
  const tools = ['book', 'cancel'].map((name) => ({ type: 'function', function: { name: `${name}-${org}` } }));
  await service.put(org, 'inbound', configuration({ tools: tools.slice(0, 1) }));
  await service.drainQueue();
  const [hash] = (await service.app.sync.mappings.read(org)).mappings[0]?.tools.wanted ?? [];
  await damage('SCOPE#platform', `TOOL#${hash}`, 'revision');
  await service.put(`${org}-b`, 'inbound', configuration({ tools: tools.slice(1) }));
  await service.drainQueue();
  expect((await service.get(`${org}-b`, 'inbound')).body.tools).toMatchObject({ status: 'linked' });
  const { findings } = await runDrift(service, 'report');
  expect(findings).toContainEqual(
    expect.objectContaining({ class: 'unreadable', detail: `SCOPE#platform TOOL#${hash}` }),
  );
});

describe('rows beside those of assistants are named too:', () => {
  const template = () => `t-${org}`;
  const request = (name: 'templates' | 'rollouts' | 'fleet', routeKey: string, body?: unknown) =>
    service.invoke(name, {
      version: '2.0',
      routeKey,
      requestContext: { http: { method: routeKey.split(' ')[0] } },
      pathParameters: { orgId: org, templateId: template(), rolloutId: ROLLOUT },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const ROLLOUT = '20261101T000000Z-0000000a';
  const named = (row: string) => ({
    status: 500,
    body: { code: 'INTERNAL', detail: expect.stringContaining(`The row ${row} of the table cannot be read`) },
  });
  const put = (item: Record<string, unknown>) =>
    service.dynamo.send(new PutItemCommand({ TableName: table(), Item: marshall(item) }));

  it('a version of a template, and its place in the list', async () => {
    await request('templates', 'PUT /templates/{templateId}', { assistant: configuration() });
    await damage(`TEMPLATE#${template()}`, 'VERSION#00000001', 'hash');
    expect(await request('templates', 'GET /templates/{templateId}')).toMatchObject(
      named(`TEMPLATE#${template()} VERSION#00000001`),
    );
    await damage('TEMPLATES', template(), 'hash');
    expect(await request('templates', 'GET /templates')).toMatchObject(named(`TEMPLATES ${template()}`));
    await damage('TEMPLATES', template(), 'hash', { S: 'mended' });
  });

  it('the variables of an organisation', async () => {
    await put({ pk: `ORG#${org}`, sk: 'VARIABLES', given: 'no JSON' });
    expect(await request('templates', 'GET /orgs/{orgId}/variables')).toMatchObject(named(`ORG#${org} VARIABLES`));
  });

  it('a rollout', async () => {
    await put({ pk: 'ROLLOUTS', sk: `ROLLOUT#${ROLLOUT}`, version: 1, body: '{}' });
    const refusal = named(`ROLLOUTS ROLLOUT#${ROLLOUT}`);
    expect(await request('rollouts', 'GET /rollouts/{rolloutId}')).toMatchObject(refusal);
    expect(await request('rollouts', 'GET /rollouts')).toMatchObject(refusal);
  });

  it('a change', async () => {
    await put({ pk: `CHANGES#${org}`, sk: '2026-11-01T00:00:00.000Z#x', change: '{}' });
    expect(await request('fleet', 'GET /orgs/{orgId}/changes')).toMatchObject(
      named(`CHANGES#${org} 2026-11-01T00:00:00.000Z#x`),
    );
  });
});
