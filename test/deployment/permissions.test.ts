import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { call, PLATFORM_KEY } from '../local/vapi-caller.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import { driftEvent, runDrift } from '../support/drift-runs.ts';
import { ACME_KEY, startService, type TestService } from '../support/service.ts';
import { indexOf, partitionKeysOf, tableRequestsOf } from '../support/table-keys.ts';
import { compile, functionsOf, type Statement, type Template, textOf } from './template.ts';

let template: Template;
let service: TestService;
beforeAll(async () => {
  [template, service] = await Promise.all([compile('--stage local'), startService()]);
}, 240_000);
afterAll(() => service.stop());

const KNOWN = '6a1d1f2e-0000-4000-8000-0000000000aa';
/** An assistant that somebody made by hand, and that the secret of an organisation names. */
function nameAssistant(org: string): void {
  const account = LOCAL_ACCOUNTS[ACME_KEY] ?? '';
  const isThere = service.vapi.assistants(account).some(({ id }) => id === KNOWN);
  if (!isThere) service.vapi.seedAssistant(account, { name: 'By hand' }, { id: KNOWN });
  service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, assistantId: KNOWN });
}

/** The metadata of what this deployment has made. */
const OWNED = { managedBy: 'vapi-sync', deployment: 'test' };

const tool = (name: string) => ({ type: 'function', function: { name, description: 'x' } });

/** A rollout of one assistant, begun and carried out. */
async function rollOut(): Promise<void> {
  const before = service.awsRequests.length;
  const content = { variables: {}, assistant: configuration() };
  await service.app.templates.templates.add({ templateId: 'rolled', version: 1, hash: 'x', content });
  await service.put('rolled', 'inbound', { template: 'rolled' });
  await service.app.templates.templates.add({ templateId: 'rolled', version: 2, hash: 'y', content });
  const body = JSON.stringify({ template: 'rolled', version: 2, waves: { bakeSeconds: 0 } });
  const event = { routeKey: 'POST /rollouts', requestContext: { http: { method: 'POST' } }, body };
  await service.invoke('rollouts', event);
  // The beginning is another function's.
  service.awsRequests.splice(before);
  await service.drainQueue();
}

/** All that each function does: every kind of operation must be among it, as what is not is not allowed either. */
const SCENARIOS: Readonly<Record<string, () => Promise<unknown>>> = {
  sync: async () => {
    service.secrets.put(service.secretName('own'), { apiKey: ACME_KEY });
    await service.put('own', 'inbound', configuration());
    await Promise.all(Array.from({ length: 5 }, () => service.put('shared', 'outbound', configuration())));
    await service.put('shared', 'outbound', withPrompt('other'), { query: { dryRun: 'true' } });
    await service.put('shared', 'outbound', withPrompt('other'));
    await service.put('shared', 'inbound', configuration({ tools: [tool('shared')] }));
    await service.put('bound', 'inbound', { template: 'nothing' });
    await service.put('bound', 'inbound', { template: 'nothing', version: 1 });
    await service.remove('shared', 'outbound');
    for (const org of ['adopts', 'too-late']) nameAssistant(org);
    for (const org of ['adopts', 'too-late']) await service.put(org, 'inbound', configuration());
  },
  worker: async () => {
    const toolsOf = (org: string) => service.put(org, 'inbound', configuration({ tools: [tool(org)] }));
    for (const org of ['linked', 'refused', 'throttled', 'moves']) await toolsOf(org);
    const { body: started } = await service.invoke('drift', driftEvent('POST'));
    const runId: string = started.runId;
    service.clearCounts();
    const work = (orgId: string) => service.work([{ kind: 'sync-tools', orgId, role: 'inbound', operationId: 'x' }]);
    const failOnce = (behaviour: object) =>
      service.vapi.inject({ on: { method: 'POST', path: '/tool' }, times: 1, behaviour });
    await work('linked');
    failOnce({ kind: 'error-before', status: 400 });
    await work('refused');
    failOnce({ kind: 'rate-limit', retryAfter: 60 });
    await work('throttled');
    await service.work([{ kind: 'nonsense' }]);
    service.secrets.put(service.secretName('moves'), { apiKey: ACME_KEY });
    await service.anotherEnvironment().work([{ kind: 'reapply', orgId: 'moves', role: 'inbound', operationId: 'x' }]);
    for (const org of ['adopts', 'too-late']) {
      service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
      const { body } = await service.anotherEnvironment().put(org, 'outbound', configuration());
      await call(service.vapi, `DELETE /assistant/${body.assistantId}`, { key: ACME_KEY });
      nameAssistant(org);
      await call(service.vapi, `PATCH /assistant/${KNOWN}`, {
        key: ACME_KEY,
        body: { metadata: { role: 'outbound' } },
      });
      await service.anotherEnvironment().work([{ kind: 'reapply', orgId: org, role: 'outbound', operationId: 'x' }]);
    }
    const stray = { ...configuration(), metadata: { ...OWNED, orgId: 'nobody', role: 'inbound' } };
    const { id } = service.vapi.seedAssistant(LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '', stray);
    await service.app.drift.tasks.send({ kind: 'drift-plan', runId });
    await service.drainQueue();
    await call(service.vapi, `DELETE /assistant/${id}`);
    await runDrift(service, 'report');
    await rollOut();
  },
  verify: async () => {
    service.secrets.put(service.secretName('verify-own-key'), { apiKey: ACME_KEY });
    await service.put('checked', 'inbound', configuration());
    service.clearCounts();
    const post = (routeKey: string, pathParameters: object) =>
      service.invoke('verify', { routeKey, requestContext: { http: { method: 'POST' } }, pathParameters });
    expect(await post('POST /verify', {})).toMatchObject({ body: { failed: 0 } });
    await post('POST /orgs/{orgId}/verify', { orgId: 'checked' });
  },
  drift: async () => {
    const start = driftEvent('POST');
    const withoutQueue = service.anotherEnvironment({ settings: { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9' } });
    expect((await withoutQueue.invoke('drift', start)).status).toBe(503);
    const { body } = await service.invoke('drift', start);
    await service.invoke('drift', driftEvent('GET'));
    await service.invoke('drift', driftEvent('GET', { id: body.runId }));
  },
  fleet: async () => {
    const { body } = await service.put('listed', 'inbound', configuration());
    service.clearCounts();
    const event = { version: '2.0', requestContext: { http: { method: 'GET' } } };
    await service.invoke('fleet', { ...event, routeKey: 'GET /assistants' });
    const pathParameters = { assistantId: body.assistantId };
    await service.invoke('fleet', { ...event, routeKey: 'GET /assistants/{assistantId}', pathParameters });
    await service.invoke('fleet', { ...event, routeKey: 'GET /changes' });
    const ofOne = { routeKey: 'GET /orgs/{orgId}/changes', pathParameters: { orgId: 'listed' } };
    await service.invoke('fleet', { ...event, ...ofOne });
  },
  templates: async () => {
    service.clearCounts();
    const event = (method: string, path: string, pathParameters: object, body?: unknown) =>
      service.invoke('templates', {
        routeKey: `${method} ${path}`,
        requestContext: { http: { method } },
        pathParameters,
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    const templateId = 'allowed';
    await event('PUT', '/templates/{templateId}', { templateId }, { assistant: configuration() });
    await event('GET', '/templates', {});
    await event('GET', '/templates/{templateId}/versions/{version}', { templateId, version: '1' });
    await event('PUT', '/orgs/{orgId}/variables', { orgId: 'allowed' }, {});
    await event('GET', '/orgs/{orgId}/variables', { orgId: 'allowed' });
  },
  rollouts: async () => {
    const environment = service.anotherEnvironment();
    const content = { variables: {}, assistant: configuration() };
    await service.app.templates.templates.add({ templateId: 'rolled', version: 1, hash: 'x', content });
    await service.put('rolled', 'inbound', { template: 'rolled' });
    // A drift run whose tasks were lost: the windows are planned, and nobody works on them.
    const { body: run } = await service.invoke('drift', driftEvent('POST', { body: { mode: 'report' } }));
    await service.work([{ kind: 'drift-plan', runId: run.runId }]);
    service.clearCounts();
    const event = (method: string, path: string, rolloutId?: string, body?: object) =>
      environment.invoke('rollouts', {
        routeKey: `${method} ${path}`,
        requestContext: { http: { method } },
        pathParameters: rolloutId ? { rolloutId } : {},
        body: body && JSON.stringify(body),
      });
    const request = { template: 'rolled', version: 1 };
    await event('POST', '/rollouts', undefined, { ...request, dryRun: true });
    await event('POST', '/rollouts', undefined, { ...request, select: { orgIds: ['rolled'] }, dryRun: true });
    const { body } = await event('POST', '/rollouts', undefined, request);
    await event('GET', '/rollouts');
    await event('GET', '/rollouts/{rolloutId}/targets', body.rolloutId);
    const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + 3_600_000 } });
    await later.invoke('rollouts', { source: 'aws.events', 'detail-type': 'Scheduled Event' });
    await event('POST', '/rollouts/{rolloutId}/abort', body.rolloutId);
  },
  announce: async () => {
    await service.put('told', 'inbound', configuration());
    await service.put('told', 'inbound', withPrompt('other'));
    // An event that the bus does not take comes again, and its change with it.
    service.bus.refuse = (_event, count) => count % 2 === 1;
    service.clearCounts();
    await service.announce();
  },
  status: async () => {
    await service.put('shown', 'inbound', configuration());
    service.clearCounts();
    await service.get('shown');
    await service.get('shown', 'inbound');
    await service.history('shown', 'inbound');
    const organisation = { requestContext: { http: { method: 'GET' } }, pathParameters: { orgId: 'shown' } };
    await service.invoke('status', { routeKey: 'GET /orgs/{orgId}', ...organisation });
  },
};

interface Use {
  action: string;
  resource: string;
  leadingKey?: string;
}

async function usesOf(scenario: () => Promise<unknown>): Promise<Use[]> {
  service.vapi.clearFaults();
  service.clearCounts();
  await scenario();
  const onTable = tableRequestsOf(service).flatMap((request) =>
    partitionKeysOf(request).map((leadingKey) => ({
      action: `dynamodb:${request.operation}`,
      resource: indexOf(request) ? `<Table.Arn>/index/${indexOf(request)}` : '<Table.Arn>',
      leadingKey,
    })),
  );
  // As AWS does: the name of a secret that exists ends in six random characters, and others have nothing but their
  // name.
  const onSecrets = service.secrets.requests.map(({ operation, secret }) => ({
    action: `secretsmanager:${operation}`,
    resource: `secret:${secret}${service.secrets.names().includes(secret) ? '-a1B2c3' : ''}`,
  }));
  const onQueue = service.awsRequests
    .filter((request) => request.service === 'sqs')
    .map(({ operation }) => ({ action: `sqs:${operation}`, resource: '<TaskQueue.Arn>' }));
  const onBus = service.awsRequests
    .filter((request) => request.service === 'eventbridge')
    .map(({ operation }) => ({ action: `events:${operation}`, resource: '<EventBus.Arn>' }));
  return [...onTable, ...onSecrets, ...onQueue, ...onBus];
}

function leadingKeysOf({ Condition }: Statement): string[] {
  const keys = Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
  return Array.isArray(keys) ? keys.map(String) : [];
}

function allows(statement: Statement, { action, resource, leadingKey }: Use): boolean {
  const { Action, Resource } = statement;
  const keys = leadingKeysOf(statement);
  return (
    Action.includes(action) &&
    Resource.some((pattern) => isLike(resource, textOf(pattern).replace(/^arn:.*?:secret:/, 'secret:'))) &&
    (leadingKey === undefined || keys.some((pattern) => isLike(leadingKey, pattern)))
  );
}

/** IAM's wildcards. */
function isLike(value: string, pattern: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(value);
}

/** What Lambda does with the role of a function that works off a queue, or a stream. */
const OF_THE_EVENT_SOURCE: Readonly<Record<string, readonly Use[]>> = {
  worker: ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((operation) => ({
    action: `sqs:${operation}`,
    resource: '<TaskQueue.Arn>',
  })),
  announce: [
    ...['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map((operation) => ({
      action: `dynamodb:${operation}`,
      resource: '<Table.StreamArn>',
    })),
    { action: 'sqs:SendMessage', resource: '<AnnounceDeadLetterQueue.Arn>' },
  ],
};

it('every function has its scenario here', () => {
  expect(
    functionsOf(template)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(Object.keys(SCENARIOS).toSorted());
});

it.each(Object.entries(SCENARIOS))('%s may do all that it does, and nothing else', async (name, scenario) => {
  const statements = functionsOf(template).find((found) => found.name === name)?.statements ?? [];
  const uses: Use[] = [...(await usesOf(scenario)), ...(OF_THE_EVENT_SOURCE[name] ?? [])];
  const denied = uses.filter((use) => !statements.some((statement) => allows(statement, use)));
  expect(denied).toEqual([]);
  const data = statements.filter(({ Action }) =>
    Action.some((action) => /^(dynamodb|secretsmanager|sqs|events):/.test(action)),
  );
  const allowed = new Set(data.flatMap(({ Action }) => Action));
  const keys = new Set(data.flatMap(leadingKeysOf));
  expect([...keys].filter((pattern) => !uses.some(({ leadingKey }) => isLike(leadingKey ?? '', pattern)))).toEqual([]);
  expect([...allowed].toSorted()).toEqual([...new Set(uses.map(({ action }) => action))].toSorted());
});
