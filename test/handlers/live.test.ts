import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { call, PLATFORM_KEY } from '../local/vapi-caller.ts';
import { removeUpstream } from '../performance/remove-upstream.ts';
import { withPrompt } from '../support/configurations.ts';
import { runDrift } from '../support/drift-runs.ts';
import type { TestService } from '../support/service.ts';
import { useService } from '../support/use-service.ts';

const platform = LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '';
let service: TestService;
let org: string;

/** Assistants of an account that may divide traffic, unless a test says otherwise. */
useService((given) => {
  ({ service, org } = given);
});
beforeEach(() => {
  service.vapi.configure({ traffic: true });
});
afterEach(async () => {
  service.vapi.clearFaults();
  await service.drainQueue();
});

const put = (body: object) => service.put(org, 'inbound', body);
const status = async () => (await service.get(org, 'inbound')).body;
const pin = (id: unknown, version: string) =>
  call(service.vapi, 'POST /traffic-allocations', {
    body: {
      assistantId: id,
      allocationIntent: 'explicit',
      targets: [{ assistantVersion: version, percentage: 100 }],
    },
  });
const lookups = () => service.vapi.count('GET', /^\/traffic-allocations/);

/** An assistant whose first version is pinned. */
async function pinned(): Promise<string> {
  const { body } = await put(withPrompt('one'));
  await pin(body.assistantId, 'v1');
  return String(body.assistantId);
}

const PINNED = { live: 'pinned', pinned: { versions: [{ version: 'v1', percentage: 100 }] } };

describe('what callers hear', () => {
  it('is what was stored, of a new assistant and of one that was never pinned', async () => {
    expect((await put(withPrompt('one'))).body).toMatchObject({ outcome: 'created', live: 'current' });
    expect((await put(withPrompt('two'))).body).toMatchObject({ outcome: 'updated', live: 'current' });
    expect(await status()).toMatchObject({ live: 'current' });
  });

  it('is an older version when the traffic is pinned: the answer, the status and the log say so', async () => {
    const id = await pinned();
    expect((await put(withPrompt('two'))).body).toMatchObject({ outcome: 'updated', ...PINNED });
    expect(await status()).toMatchObject(PINNED);
    expect(service.vapi.heard(platform, id)).toMatchObject([{ version: 'v1' }]);
    expect(service.output.lines()).toContainEqual(expect.objectContaining({ code: 'TRAFFIC_PINNED', level: 'WARN' }));
  });

  it('is not asked for by an unchanged sync, which says what was seen last', async () => {
    await pinned();
    await put(withPrompt('two'));
    service.vapi.clearRequests();
    expect((await put(withPrompt('two'))).body).toMatchObject({ outcome: 'unchanged', ...PINNED });
    expect(service.vapi.requests.map(({ method, path }) => `${method} ${path}`)).toHaveLength(1);
  });

  it('is unknown when Vapi does not say; the sync is done all the same', async () => {
    await put(withPrompt('one'));
    service.vapi.inject({ on: { path: '/traffic' }, times: 4, behaviour: { kind: 'error-before', status: 500 } });
    expect((await put(withPrompt('two'))).body).toMatchObject({ outcome: 'updated', live: 'unknown' });
  });
});

describe('"traffic": "follow-latest"', () => {
  const follow = (prompt: string) => put({ ...withPrompt(prompt), traffic: 'follow-latest' });

  it('takes the pin off, so that callers hear what was stored', async () => {
    const id = await pinned();
    expect((await follow('two')).body).toMatchObject({ outcome: 'updated', live: 'current' });
    expect(service.vapi.heard(platform, id)).toMatchObject([{ version: 'v2' }]);
    expect(await status()).toMatchObject({ live: 'current' });
  });

  it('does the same for an unchanged assistant, without a claim and without a new revision', async () => {
    const id = await pinned();
    const before = await put(withPrompt('two'));
    const reply = await follow('two');
    expect(reply.body).toMatchObject({ outcome: 'unchanged', live: 'current', revision: before.body.revision });
    expect(service.vapi.heard(platform, id)).toMatchObject([{ version: 'v2' }]);
    expect(await status()).toMatchObject({ live: 'current' });
  });

  it('is no part of the configuration: the hash is the same, and nothing of it is sent to Vapi', async () => {
    const plain = await put(withPrompt('one'));
    const reply = await follow('one');
    expect(reply.body).toMatchObject({ outcome: 'unchanged', specHash: plain.body.specHash });
  });

  it('leaves a decision that somebody has made meanwhile, and says so', async () => {
    const id = await pinned();
    await put(withPrompt('two'));
    const refusal = { message: 'moved', code: 'traffic_allocation_conflict', statusCode: 409 };
    service.vapi.inject({
      on: { method: 'POST', path: '/traffic' },
      behaviour: { kind: 'error-before', status: 409, body: refusal },
    });
    const reply = await follow('three');
    expect(reply).toMatchObject({ status: 409, body: { code: 'VAPI_CONFLICT', retryable: true } });
    expect(reply.headers?.['Retry-After']).toMatch(/^\d+$/);
    expect(service.vapi.heard(platform, id)).toMatchObject([{ version: 'v1' }]);
    // What was asked for is stored all the same: the next call only takes the pin off.
    expect((await follow('three')).body).toMatchObject({ outcome: 'unchanged', live: 'current' });
  });

  it('knows after a lost reply that the pin is off', async () => {
    const id = await pinned();
    service.vapi.inject({ on: { method: 'POST', path: '/traffic' }, behaviour: { kind: 'reset-after' } });
    expect((await follow('two')).body).toMatchObject({ outcome: 'updated', live: 'current' });
    expect(service.vapi.heard(platform, id)).toMatchObject([{ version: 'v2' }]);
  });

  it('is the only thing that can be asked for', async () => {
    const reply = await put({ ...withPrompt('one'), traffic: 'keep' });
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'traffic' }] } });
  });
});

describe('an account without the feature', () => {
  it('is asked once in 50 updates, and says that callers hear what was stored', async () => {
    service.vapi.configure({ traffic: false });
    const fresh = service.anotherEnvironment();
    service.vapi.clearRequests();
    for (let count = 0; count <= 50; count += 1) await fresh.put(org, 'inbound', withPrompt(`${count}`));
    expect(lookups()).toBe(1);
    expect(await status()).toMatchObject({ live: 'current' });
  });
});

describe('a drift run', () => {
  it('reports pinned assistants with one list for the account, and none when the pin is off', async () => {
    const id = await pinned();
    await put(withPrompt('two'));
    service.vapi.clearRequests();
    const first = await runDrift(service, 'report');
    const found = first.findings.filter((finding) => finding.orgId === org);
    expect(found).toMatchObject([{ class: 'pinned', assistantId: id, detail: 'v1 100 %' }]);
    expect(service.vapi.count('GET', '/traffic-allocations')).toBe(1);
    expect(await status()).toMatchObject({ drift: { class: 'pinned' }, ...PINNED });
    await put({ ...withPrompt('two'), traffic: 'follow-latest' });
    const second = await runDrift(service, 'report');
    expect(second.findings.filter((finding) => finding.orgId === org)).toEqual([]);
    expect(await status()).toMatchObject({ drift: null, live: 'current' });
  });

  it('takes a pin off when it heals and the setting allows it, else never', async () => {
    const id = await pinned();
    await put(withPrompt('two'));
    await runDrift(service, 'heal');
    expect(service.vapi.heard(platform, id)).toMatchObject([{ version: 'v1' }]);
    const allowed = service.anotherEnvironment({ settings: { DRIFT_TRAFFIC: 'follow-latest' } });
    await runDrift(allowed, 'heal');
    await allowed.drainQueue();
    expect(service.vapi.heard(platform, id)).toMatchObject([{ version: 'v2' }]);
    expect(await status()).toMatchObject({ live: 'current' });
  });

  it('tells what stops when, with some of those who have it', async () => {
    const model = { provider: 'openai', model: 'gpt-4o' };
    service.vapi.configure({
      modelDeprecations: [{ ...model, retirementDate: '2026-12-24', replacementModel: 'gpt-5' }],
    });
    await put(withPrompt('one'));
    const { run } = await runDrift(service, 'report');
    service.vapi.configure({ modelDeprecations: [] });
    expect(run.retirements).toContainEqual({
      kind: 'model',
      provider: 'openai',
      id: 'gpt-4o',
      on: '2026-12-24',
      replacement: 'gpt-5',
      assistants: expect.any(Number),
      examples: expect.any(Array),
    });
  });
});

describe('a conflict at Vapi', () => {
  const conflict = (method: string, code: string) =>
    service.vapi.inject({
      on: { method, path: '/assistant' },
      behaviour: { kind: 'error-before', status: 409, body: { message: 'no', code, statusCode: 409 } },
    });

  it.each([
    { code: 'tool_write_conflict', problem: 'VAPI_CONFLICT', retryable: true },
    { code: 'assistant_pinned', problem: 'PINNED', retryable: false },
  ])('$code in a PUT is $problem, and leaves the row as it was', async ({ code, problem, retryable }) => {
    await put(withPrompt('one'));
    conflict('PATCH', code);
    const reply = await put(withPrompt('two'));
    expect(reply).toMatchObject({ status: 409, body: { code: problem, retryable } });
    expect(await status()).toMatchObject({ state: 'synced' });
    expect((await put(withPrompt('two'))).body).toMatchObject({ outcome: 'updated' });
  });

  it.each([
    { code: 'tool_write_conflict', problem: 'VAPI_CONFLICT' },
    { code: 'assistant_pinned', problem: 'PINNED' },
  ])('$code in a DELETE is $problem, and the assistant stays', async ({ code, problem }) => {
    await put(withPrompt('one'));
    conflict('DELETE', code);
    expect(await service.remove(org, 'inbound')).toMatchObject({ status: 409, body: { code: problem } });
    expect(await status()).toMatchObject({ state: 'synced' });
    expect(await service.remove(org, 'inbound')).toMatchObject({ status: 204 });
  });

  it('in the worker is waited for, and what is pinned is left', async () => {
    await put(withPrompt('one'));
    await removeUpstream(service, org);
    const task = { kind: 'reapply', orgId: org, role: 'inbound', operationId: 'op' };
    service.vapi.inject({
      on: { method: 'POST', path: '/assistant' },
      behaviour: { kind: 'error-before', status: 409, body: { message: 'no', code: 'tool_write_conflict' } },
    });
    expect(await service.work([task])).toEqual({ batchItemFailures: [] });
    expect(service.output.lines()).toContainEqual(
      expect.objectContaining({ code: 'TASK_POSTPONED', reason: 'VAPI_CONFLICT' }),
    );
  });
});

describe('the versions of an account that has them', () => {
  it('are named by the worker with the operation and the hash, off the path of the caller', async () => {
    await put(withPrompt('one'));
    const { body } = await put(withPrompt('two'));
    await service.drainQueue();
    const { json } = await call(service.vapi, `GET /assistant/${body.assistantId}/versions`);
    const name = `${body.operationId} ${String(body.specHash).slice(0, 12)}`;
    expect(json).toMatchObject([{ version: 'v2', versionName: name }, { version: 'v1' }]);
  });

  it('have as much of the operation in their names as Vapi takes: those of rollouts are long', async () => {
    await put(withPrompt('one'));
    const id = '20261129T120000Z-0a1b2c3d:7d1f1f2e-0000-4000-8000-0000000000aa:inbound:apply';
    const { body } = await service.put(org, 'inbound', withPrompt('two'), { headers: { 'x-operation-id': id } });
    await service.drainQueue();
    const { json } = await call(service.vapi, `GET /assistant/${body.assistantId}/versions`);
    const name = `${id.slice(0, 67)} ${String(body.specHash).slice(0, 12)}`;
    expect(json).toMatchObject([{ version: 'v2', versionName: name }, { version: 'v1' }]);
  });
});

it('a verification of the organisation says what callers hear', async () => {
  await pinned();
  await put(withPrompt('two'));
  const reply = await service.invoke('verify', {
    version: '2.0',
    routeKey: 'POST /orgs/{orgId}/verify',
    requestContext: { http: { method: 'POST' } },
    pathParameters: { orgId: org },
  });
  expect(reply.body).toMatchObject({ healthy: false, assistants: [{ checks: { live: { status: 'FAIL' } } }] });
});
