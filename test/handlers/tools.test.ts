import { randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { call } from '../local/vapi-caller.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import { PLATFORM_KEY, type TestService } from '../support/service.ts';
import { assistantsOf, calls } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

const PLATFORM = LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '';

let service: TestService;
let org: string;
let suffix: string;
let skippedMs: number;

useService(
  (given) => {
    ({ service, org } = given);
  },
  {
    // The SDK leaves the timer of a request behind whose connection was lost.
    upstreamTiming: { longestAttemptMs: 2_000, firstPauseMs: 1 },
    runtime: {
      now: () => Date.now() + skippedMs,
      sleep: async (ms) => {
        skippedMs += ms;
      },
    },
  },
);
beforeEach(() => {
  suffix = randomUUID().slice(0, 8);
  org = `org-${suffix}`;
  skippedMs = 0;
  service.vapi.configure({ listLagMs: 0 });
});
afterEach(() => service.drainQueue());

const tool = (name: string, more: JsonObject = {}): JsonObject => ({
  type: 'function',
  function: { name: `${name}-${suffix}`, description: `Does ${name}` },
  ...more,
});
const withTools = (...tools: JsonObject[]) => configuration({ tools });
const toolsAtVapi = () =>
  service.vapi
    .resources(PLATFORM, 'tool')
    .filter(({ function: called }) => isJsonObject(called) && String(called.name).endsWith(suffix));
const namesOf = (tools: ReturnType<typeof toolsAtVapi>) =>
  tools.map(({ function: called }) => (isJsonObject(called) ? called.name : undefined)).toSorted();
const modelOf = (orgId = org) => {
  const [assistant] = assistantsOf(service.vapi, orgId, 'inbound');
  return isJsonObject(assistant?.model) ? assistant.model : {};
};
const statusOf = async (orgId = org) => (await service.get(orgId, 'inbound')).body.tools;
const atVapi = (method: string, path: string, body?: JsonObject) => call(service.vapi, `${method} ${path}`, { body });
const linked = async (...tools: JsonObject[]) => {
  await service.put(org, 'inbound', withTools(...tools));
  await service.drainQueue();
  expect(await statusOf()).toMatchObject({ status: 'linked', count: tools.length });
  service.clearCounts();
};

describe('new tools', () => {
  it('are not waited for: the answer says pending, and the worker registers and links them with one PATCH', async () => {
    const reply = await service.put(org, 'inbound', withTools(tool('book'), tool('cancel')));
    expect(reply).toMatchObject({ status: 201, body: { tools: { status: 'pending', count: 2 } } });
    expect(calls(service.vapi)).toEqual(['POST /assistant']);
    expect(await statusOf()).toEqual({ status: 'pending', count: 2, toolIds: [] });

    expect(await service.drainQueue()).toBe(1);
    expect(calls(service.vapi)).toEqual([
      'POST /assistant',
      'POST /tool',
      'POST /tool',
      'GET /assistant/:id',
      'PATCH /assistant/:id',
      // Once: from then on it is known that the account has no traffic to divide.
      'GET /traffic-allocations/latest',
    ]);
    const { toolIds } = modelOf();
    expect(await statusOf()).toEqual({ status: 'linked', count: 2, toolIds });
    const byId = new Map(toolsAtVapi().map(({ id, function: called }) => [id, called]));
    const order = Array.isArray(toolIds) ? toolIds.map((id) => byId.get(id)) : [];
    expect(order).toMatchObject([{ name: `book-${suffix}` }, { name: `cancel-${suffix}` }]);
  });

  it('keep the prompt: the whole model is sent', async () => {
    await linked(tool('book'));
    expect(JSON.stringify(modelOf().messages)).toContain('top-secret-prompt');
  });

  it('that another organisation of the account has registered are linked at once', async () => {
    await linked(tool('book'), tool('cancel'));
    const reply = await service.put(`${org}-b`, 'inbound', withTools(tool('book'), tool('cancel')));
    expect(reply).toMatchObject({ status: 201, body: { tools: { status: 'linked', count: 2 } } });
    // Looked at first: somebody may have deleted them at Vapi.
    expect(calls(service.vapi)).toEqual(['GET /tool/:id', 'GET /tool/:id', 'POST /assistant']);
    expect(modelOf(`${org}-b`).toolIds).toEqual(modelOf().toolIds);
  });

  it('whose definitions are equal but for the order of their fields are one tool', async () => {
    const reordered = Object.fromEntries(Object.entries(tool('book')).toReversed());
    await linked(tool('book'));
    await service.put(`${org}-b`, 'inbound', withTools(reordered));
    expect(toolsAtVapi()).toHaveLength(1);
  });

  it('given twice in one list are one tool', async () => {
    const reply = await service.put(org, 'inbound', withTools(tool('book'), tool('book')));
    expect(reply.body.tools.count).toBe(1);
  });

  it('of an organisation with an own key are made in its own account', async () => {
    service.secrets.put(service.secretName(org), { apiKey: 'local-acme-key' });
    await service.put(org, 'inbound', withTools(tool('book')));
    await service.drainQueue();
    expect(toolsAtVapi()).toHaveLength(0);
    expect((await statusOf()).status).toBe('linked');
  });

  it('a dry run says what would become of them and sends nothing', async () => {
    const reply = await service.put(org, 'inbound', withTools(tool('book')), { query: { dryRun: 'true' } });
    expect(reply.body).toMatchObject({ plan: 'create', tools: { status: 'pending', count: 1 } });
    expect(await service.drainQueue()).toBe(0);
  });
});

describe('linked tools', () => {
  it('cost nothing when nothing changes: one GET, one read of the table', async () => {
    await linked(tool('book'), tool('cancel'));
    expect((await service.put(org, 'inbound', withTools(tool('book'), tool('cancel')))).body).toMatchObject({
      outcome: 'unchanged',
      tools: { status: 'linked', count: 2 },
    });
    expect(calls(service.vapi)).toEqual(['GET /assistant/:id']);
    expect(service.tableOperations).toEqual(['Query']);
  });

  it('stay when the prompt changes', async () => {
    await linked(tool('book'));
    const { toolIds } = modelOf();
    const reply = await service.put(org, 'inbound', { ...withPrompt('new'), tools: [tool('book')] });
    expect(reply.body).toMatchObject({ outcome: 'updated', tools: { status: 'linked' } });
    expect(modelOf().toolIds).toEqual(toolIds);
    expect(JSON.stringify(modelOf())).toContain('new');
  });

  it('of others, linked by hand, are kept behind ours, also when ours change', async () => {
    await linked(tool('book'));
    const foreign = randomUUID();
    const { id } = assistantsOf(service.vapi, org)[0] ?? {};
    await atVapi('PATCH', `/assistant/${id}`, {
      model: { ...modelOf(), toolIds: [foreign, ...texts(modelOf().toolIds)] },
    });
    service.clearCounts();
    expect((await service.put(org, 'inbound', withTools(tool('book')))).body.outcome).toBe('unchanged');

    await service.put(org, 'inbound', withTools(tool('book'), tool('cancel')));
    await service.drainQueue();
    expect(texts(modelOf().toolIds)).toHaveLength(3);
    expect(texts(modelOf().toolIds).at(-1)).toBe(foreign);
    await service.put(org, 'inbound', configuration());
    expect(modelOf().toolIds).toEqual([foreign]);
  });

  it('beside those that the caller names are no difference that the log has to tell', async () => {
    const made = await call(service.vapi, 'POST /tool', { body: tool('named') });
    const model = { provider: 'openai', model: 'gpt-4o', toolIds: [made.json.id] };
    service.output.clear();
    await service.put(org, 'inbound', configuration({ model, tools: [tool('ours')] }));
    await service.drainQueue();
    await service.put(org, 'inbound', configuration({ model, tools: [tool('ours')], firstMessage: 'Another' }));
    expect(texts(modelOf().toolIds)).toHaveLength(2);
    expect(service.output.text()).toContain('ASSISTANT_UPDATED');
    expect(service.output.text()).not.toContain('ASSISTANT_NOT_CONVERGED');
  });

  it('that the caller names in model.toolIds replace foreign ones, beside ours', async () => {
    await linked(tool('book'));
    const [ours] = texts(modelOf().toolIds);
    const named = randomUUID();
    const model = { provider: 'openai', model: 'gpt-4o', toolIds: [named] };
    await service.put(org, 'inbound', configuration({ model, tools: [tool('book')] }));
    expect(modelOf().toolIds).toEqual([ours, named]);
  });

  it('stay while their successors are pending: all or nothing', async () => {
    await linked(tool('book'));
    const { toolIds } = modelOf();
    await service.put(org, 'inbound', { ...withPrompt('new'), tools: [tool('book'), tool('cancel')] });
    expect(modelOf().toolIds).toEqual(toolIds);
    expect(await statusOf()).toEqual({ status: 'pending', count: 2, toolIds });
    await service.drainQueue();
    expect(texts(modelOf().toolIds)).toHaveLength(2);
  });

  it('in another order are linked in that order', async () => {
    await linked(tool('book'), tool('cancel'));
    const { toolIds } = modelOf();
    const reply = await service.put(org, 'inbound', withTools(tool('cancel'), tool('book')));
    expect(reply.body.tools.status).toBe('linked');
    expect(modelOf().toolIds).toEqual(texts(toolIds).toReversed());
  });

  it('come back with an assistant that somebody deleted, in the same POST', async () => {
    await linked(tool('book'));
    const { toolIds } = modelOf();
    await atVapi('DELETE', `/assistant/${assistantsOf(service.vapi, org)[0]?.id}`);
    service.clearCounts();
    const reply = await service.put(org, 'inbound', withTools(tool('book')));
    expect(reply.body).toMatchObject({ outcome: 'recreated', tools: { status: 'linked' } });
    expect(calls(service.vapi)).toEqual(['GET /assistant/:id', 'POST /assistant']);
    expect(modelOf().toolIds).toEqual(toolIds);
  });

  it('whose version somebody pinned by hand are left to the pin', async () => {
    await linked(tool('book'));
    const [toolId] = texts(modelOf().toolIds);
    const { id } = assistantsOf(service.vapi, org)[0] ?? {};
    const model = { ...modelOf(), toolIds: [], toolRefs: [{ toolId: toolId ?? '', version: 'v1' }] };
    await atVapi('PATCH', `/assistant/${id}`, { model });
    expect((await service.put(org, 'inbound', withTools(tool('book')))).body.outcome).toBe('unchanged');
  });

  it('that somebody deleted at Vapi are registered anew when Vapi refuses them', async () => {
    await linked(tool('book'));
    const [gone] = texts(modelOf().toolIds);
    await atVapi('DELETE', `/tool/${gone}`);
    service.vapi.inject({
      on: { method: 'PATCH', path: '/assistant' },
      behaviour: { kind: 'error-before', status: 400, body: { message: `tool ${gone} not found`, statusCode: 400 } },
    });
    const reply = await service.put(org, 'inbound', { ...withPrompt('new'), tools: [tool('book')] });
    expect(reply.body).toMatchObject({ outcome: 'updated', tools: { status: 'pending' } });
    await service.drainQueue();
    expect(modelOf().toolIds).toEqual(toolsAtVapi().map(({ id }) => id));
    expect(modelOf().toolIds).not.toContain(gone);
  });
});

describe('a tool that Vapi refuses', () => {
  it('with many words is visible with their beginning, cut where no letter ends in two', async () => {
    const message = `${'x'.repeat(993)}🎙️ and more`;
    const behaviour = { kind: 'error-before', status: 400, body: { message } };
    await service.put(org, 'inbound', withTools(tool('book')));
    service.vapi.inject({ on: { method: 'POST', path: '/tool' }, times: 1, behaviour });
    await service.drainQueue();
    const { refused } = await statusOf();
    expect(refused).toContain('x'.repeat(993));
    expect(refused.isWellFormed()).toBe(true);
  });

  it('is visible in the status with Vapi’s words, and is tried again by the next sync', async () => {
    const refused = tool('book', { nonsense: true });
    await service.put(org, 'inbound', withTools(refused, tool('cancel')));
    await service.drainQueue();
    expect(await statusOf()).toMatchObject({ status: 'pending', refused: expect.stringContaining('nonsense') });
    expect(modelOf().toolIds ?? []).toEqual([]);
    service.clearCounts();
    expect((await service.put(org, 'inbound', withTools(refused, tool('cancel')))).body.outcome).toBe('unchanged');
    await service.drainQueue();
    expect(service.vapi.count('POST', '/tool')).toBe(1);
    await service.put(org, 'inbound', withTools(tool('cancel')));
    expect(await statusOf()).toEqual({ status: 'linked', count: 1, toolIds: modelOf().toolIds });
  });
});

describe('nothing is lost and nothing is made twice', () => {
  it('a message that cannot be sent is sent by the next sync', async () => {
    const broken = service.anotherEnvironment({ settings: { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9' } });
    const reply = await broken.put(org, 'inbound', withTools(tool('book')));
    expect(reply).toMatchObject({ status: 201, body: { tools: { status: 'pending' } } });
    expect(await service.drainQueue()).toBe(0);
    expect((await service.put(org, 'inbound', withTools(tool('book')))).body.outcome).toBe('unchanged');
    expect(await service.drainQueue()).toBe(1);
    expect(await statusOf()).toMatchObject({ status: 'linked' });
  });

  it.each([
    ['an error after the effect', { kind: 'error-after', status: 500 }],
    ['a lost connection after the effect', { kind: 'reset-after' }],
    ['a reply that is cut off', { kind: 'truncated' }],
  ])('a POST that succeeds with %s leaves one tool', async (_name, behaviour) => {
    service.vapi.inject({ on: { method: 'POST', path: '/tool' }, behaviour });
    await service.put(org, 'inbound', withTools(tool('book')));
    await service.drainQueue();
    expect(toolsAtVapi()).toHaveLength(1);
    expect(modelOf().toolIds).toEqual([toolsAtVapi()[0]?.id]);
    expect(service.vapi.count('POST', '/tool')).toBe(1);
  });

  it('a tool that does not show in lists yet is waited for, not made again', async () => {
    service.vapi.inject({ on: { method: 'POST', path: '/tool' }, behaviour: { kind: 'error-after', status: 500 } });
    service.vapi.configure({ listLagMs: 3_600_000 });
    await service.put(org, 'inbound', withTools(tool('book')));
    await service.drainQueue();
    expect((await statusOf()).status).toBe('pending');
    service.vapi.configure({ listLagMs: 0 });
    await service.work([{ kind: 'sync-tools', orgId: org, role: 'inbound', operationId: 'later' }]);
    expect(await statusOf()).toMatchObject({ status: 'linked' });
    expect(service.vapi.count('POST', '/tool')).toBe(1);
  });

  it('a tool that was never made is made after the settling time', async () => {
    service.vapi.inject({ on: { method: 'POST', path: '/tool' }, behaviour: { kind: 'error-before', status: 500 } });
    await service.put(org, 'inbound', withTools(tool('book')));
    await service.drainQueue();
    expect(toolsAtVapi()).toHaveLength(0);
    skippedMs += 60_000;
    await service.work([{ kind: 'sync-tools', orgId: org, role: 'inbound', operationId: 'later' }]);
    expect(await statusOf()).toMatchObject({ status: 'linked' });
    expect(toolsAtVapi()).toHaveLength(1);
  });

  it('the same message ten times at once makes one tool', async () => {
    await service.put(org, 'inbound', withTools(tool('book')));
    const task = { kind: 'sync-tools', orgId: org, role: 'inbound', operationId: 'x' };
    const environments = Array.from({ length: 10 }, () => service.anotherEnvironment());
    await Promise.all(environments.map((environment) => environment.work([task])));
    await service.drainQueue();
    expect(toolsAtVapi()).toHaveLength(1);
  });

  it('an old message after a newer PUT applies the newer one', async () => {
    await service.put(org, 'inbound', withTools(tool('book')));
    await service.put(org, 'inbound', { ...withPrompt('newer'), tools: [tool('cancel')] });
    await service.drainQueue();
    expect(namesOf(toolsAtVapi())).toEqual([`cancel-${suffix}`]);
    expect(JSON.stringify(modelOf())).toContain('newer');
    expect(await statusOf()).toMatchObject({ status: 'linked', count: 1 });
  });

  it('a message for an assistant that is gone does nothing', async () => {
    await service.put(org, 'inbound', withTools(tool('book')));
    await service.remove(org, 'inbound');
    service.clearCounts();
    await service.drainQueue();
    expect(calls(service.vapi)).toEqual([]);
  });
});

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
