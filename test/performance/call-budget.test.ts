import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { forgetAccess } from '../../src/domain/account/credentials.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { call } from '../local/vapi-caller.ts';
import { configuration } from '../support/configurations.ts';
import { CALL_BUDGET } from './call-budget.ts';
import { type CountedService, startCountedService } from './counted-costs.ts';
import { removeUpstream } from './remove-upstream.ts';

/** Of a usual size: a prompt of 2,000 characters. */
function usual(version = 1, more: JsonObject = {}): JsonObject {
  const content = `Version ${version}. ${'Ask for the name and the reason. '.repeat(61)}`.slice(0, 2_000);
  return configuration({
    model: { provider: 'openai', model: 'gpt-4o', messages: [{ role: 'system', content }] },
    ...more,
  });
}

let service: CountedService;
beforeAll(async () => {
  service = await startCountedService();
  // An account is asked once a day whether its traffic can be divided: that is no part of what an operation costs.
  await put('somebody-else');
  await put('somebody-else', usual(2));
});
afterEach(() => service.drainQueue());
afterAll(() => service.stop());

/** The organisation of the case, and what to do before and for the count. */
interface Case {
  prepare?: (org: string) => Promise<unknown>;
  act: (org: string) => Promise<unknown>;
}

const put = (org: string, body = usual(), query: Record<string, string> = {}) =>
  service.put(org, 'inbound', body, { query });
const tools = (org: string): JsonObject => ({
  tools: ['book', 'cancel'].map((name) => ({ type: 'function', function: { name: `${name}-${org}`.slice(0, 40) } })),
});
const withTools = async (org: string) => {
  await put(org, usual(1, tools(org)));
  await service.drainQueue();
};

const putVersions = async (org: string, first: number, last: number) => {
  for (let version = first; version <= last; version += 1) await put(org, usual(version));
};

const fleetEvent = { version: '2.0', requestContext: { http: { method: 'GET' } } };
let made: unknown;

const template = (org: string, version: number) =>
  service.invoke('templates', {
    routeKey: 'PUT /templates/{templateId}',
    requestContext: { http: { method: 'PUT' } },
    pathParameters: { templateId: org },
    body: JSON.stringify({ assistant: usual(version) }),
  });
const bound = async (org: string) => {
  await template(org, 1);
  await put(org, { template: org });
};
const outdated = async (org: string) => {
  await bound(org);
  await template(org, 2);
};
const rollout = (org: string, more: object = {}) =>
  service.invoke('rollouts', {
    routeKey: 'POST /rollouts',
    requestContext: { http: { method: 'POST' } },
    body: JSON.stringify({
      template: org,
      version: 2,
      select: { orgIds: [org] },
      waves: { first: '100%', bakeSeconds: 0 },
      ...more,
    }),
  });
const started = async (org: string) => {
  await outdated(org);
  await rollout(org);
};

const CASES: Readonly<Record<keyof typeof CALL_BUDGET, Case>> = {
  'sync: invalid': { act: (org) => put(org, { nonsense: true }) },
  'sync: create': { act: (org) => put(org) },
  'sync: unchanged': { prepare: put, act: (org) => put(org) },
  'sync: unchanged, no secret remembered': {
    prepare: async (org) => {
      await put(org);
      forgetAccess(service.app.sync.credentials, org);
    },
    act: (org) => put(org),
  },
  'sync: unchanged, with two tools': { prepare: withTools, act: (org) => put(org, usual(1, tools(org))) },
  'sync: update': { prepare: put, act: (org) => put(org, usual(2)) },
  'sync: update that takes a field away': {
    prepare: (org) => put(org, usual(1, { backgroundSound: 'off' })),
    act: (org) => put(org),
  },
  'sync: update, where traffic can be divided': {
    prepare: async () => {
      service.vapi.configure({ traffic: [LOCAL_ACCOUNTS['local-acme-key'] ?? ''] });
      await put('acme');
    },
    act: () => put('acme', usual(2)),
  },
  'sync: unchanged, and take a pin off': {
    prepare: async () => {
      const { body } = await put('acme', usual(2));
      const targets = [{ assistantVersion: 'v1', percentage: 100 }];
      const pin = { assistantId: body.assistantId, allocationIntent: 'explicit', targets };
      await call(service.vapi, 'POST /traffic-allocations', { body: pin, key: 'local-acme-key' });
    },
    act: () => put('acme', usual(2, { traffic: 'follow-latest' })),
  },
  'sync: each tenth update': { prepare: (org) => putVersions(org, 1, 9), act: (org) => put(org, usual(10)) },
  'worker: prune a history': {
    prepare: async (org) => {
      await putVersions(org, 1, 50);
      await service.drainQueue();
      await putVersions(org, 51, 60);
    },
    act: () => service.drainQueue(),
  },
  'sync: plan of an update': { prepare: put, act: (org) => put(org, usual(2), { dryRun: 'true' }) },
  'sync: create with two new tools': { act: (org) => put(org, usual(1, tools(org))) },
  'worker: register and link two tools': {
    prepare: (org) => put(org, usual(1, tools(org))),
    act: () => service.drainQueue(),
  },
  'sync: recreate': {
    prepare: async (org) => {
      await put(org);
      await removeUpstream(service, org);
    },
    act: (org) => put(org),
  },
  'sync: delete': { prepare: put, act: (org) => service.remove(org, 'inbound') },
  'status: one': { prepare: put, act: (org) => service.get(org, 'inbound') },
  'fleet: a page, without rows': {
    act: () =>
      service.invoke('fleet', {
        ...fleetEvent,
        routeKey: 'GET /assistants',
        queryStringParameters: { scope: 'org:nobody' },
      }),
  },
  'fleet: whose is it': {
    prepare: async (org) => {
      const { body } = await put(org);
      made = body.assistantId;
    },
    act: () =>
      service.invoke('fleet', {
        ...fleetEvent,
        routeKey: 'GET /assistants/{assistantId}',
        pathParameters: { assistantId: made },
      }),
  },
  'fleet: changes, without rows': {
    act: () =>
      service.invoke('fleet', {
        ...fleetEvent,
        routeKey: 'GET /orgs/{orgId}/changes',
        pathParameters: { orgId: 'nobody' },
      }),
  },
  'announce: an update': {
    prepare: async (org) => {
      await put(org);
      await service.announce();
      await put(org, usual(2));
    },
    act: () => service.announce(),
  },
  'templates: a new version': {
    prepare: (org) => template(org, 1),
    act: (org) => template(org, 2),
  },
  'sync: create, bound to a template': {
    prepare: (org) => template(org, 1),
    act: (org) => put(org, { template: org }),
  },
  'sync: unchanged, bound to a template': { prepare: bound, act: (org) => put(org, { template: org, version: 1 }) },
  'rollouts: start, with one target': { prepare: outdated, act: (org) => rollout(org) },
  'rollouts: plan of one target': { prepare: outdated, act: (org) => rollout(org, { dryRun: true }) },
  'worker: a rollout of one target': { prepare: started, act: () => service.drainQueue() },
  'status: history': { prepare: put, act: (org) => service.history(org, 'inbound') },
};

describe('what an operation asks of others, in order: more would cost every customer time, and us money', () => {
  it.each(Object.entries(CASES))('%s', async (name, { prepare, act }) => {
    const org = `budget-${randomUUID().slice(0, 8)}`;
    // Whoever came before has read the platform's secret: what is counted is this organisation's share.
    await service.put('somebody-else', 'inbound', usual());
    await prepare?.(org);
    const costs = await service.costsOf(() => act(org));
    expect({ [name]: costs }).toEqual({ [name]: Reflect.get(CALL_BUDGET, name) });
  });
});

it('docs/cost.md shows these figures, so that nobody budgets with older ones', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/cost.md'), 'utf8');
  const rows = [
    ...text.matchAll(/^\| ((?:sync|worker|status|fleet|announce|templates|rollouts): [^|]*?) +\|(.*)\|$/gm),
  ].map(([, name, figures = '']) => [name, figures.split('|').slice(0, 6).map(Number)]);
  const counted = Object.entries(CALL_BUDGET).map(([name, { vapi, table, read, write, secrets, queue }]) => [
    name,
    [vapi.length, table.length, read, write, secrets, queue],
  ]);
  expect(rows).toEqual(counted);
});
