import { startVapi } from '../../local/vapi/server.ts';
import { LOCAL_ACCOUNTS, type VapiStandIn } from '../../local/vapi/stand-in.ts';
import { ACME_KEY, call, PLATFORM_KEY } from './vapi-caller.ts';

const platform = LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '';
let vapi: VapiStandIn;

beforeAll(async () => {
  vapi = await startVapi({ settings: { traffic: [platform] } });
});
afterEach(() => {
  vapi.clear();
  vapi.configure({ modelDeprecations: [] });
});
afterAll(() => vapi.close());

const model = { provider: 'openai', model: 'gpt-4o' };
const split = (assistantId: unknown, targets: unknown, more: object = {}) =>
  call(vapi, 'POST /traffic-allocations', {
    body: { assistantId, targets, allocationIntent: 'explicit', ...more },
  });

async function assistant(): Promise<string> {
  const { json } = await call(vapi, 'POST /assistant', { body: { name: 'One', model } });
  return String(json.id);
}

const rename = (id: string, name: string) => call(vapi, `PATCH /assistant/${id}`, { body: { name } });

describe('versions', () => {
  it('are published by each write, and listed newest first', async () => {
    const id = await assistant();
    await rename(id, 'Two');
    const { status, json } = await call(vapi, `GET /assistant/${id}/versions`);
    expect(status).toBe(200);
    expect(json).toMatchObject([
      { version: 'v2', parentVersion: 'v1', createdBy: null },
      { version: 'v1', parentVersion: null },
    ]);
  });

  it('can be named and described, within limits', async () => {
    const id = await assistant();
    const named = await call(vapi, `PATCH /assistant/${id}/versions/v1`, { body: { versionName: 'First' } });
    expect(named).toMatchObject({ status: 200, json: { version: 'v1', versionName: 'First' } });
    const path = `PATCH /assistant/${id}/versions`;
    expect(await call(vapi, `${path}/v1`, { body: { versionName: 'x'.repeat(81) } })).toMatchObject({ status: 400 });
    expect(await call(vapi, `${path}/v1`, { body: { other: 1 } })).toMatchObject({ status: 400 });
    expect(await call(vapi, `${path}/v2`, { body: { versionName: 'x' } })).toMatchObject({ status: 404 });
  });

  it('are seen in their own account alone', async () => {
    const id = await assistant();
    expect(await call(vapi, `GET /assistant/${id}/versions`, { key: ACME_KEY })).toMatchObject({ status: 404 });
  });
});

describe('traffic allocations', () => {
  it('are refused to an account without the feature, which is every account unless told', async () => {
    const path = 'GET /traffic-allocations/latest?assistantId=x';
    expect(await call(vapi, path, { key: ACME_KEY })).toMatchObject({ status: 403 });
    const plain = await startVapi();
    expect(await call(plain, 'GET /traffic-allocations')).toMatchObject({ status: 403 });
    await plain.close();
  });

  it('are none before the first one', async () => {
    const id = await assistant();
    const { status, json } = await call(vapi, `GET /traffic-allocations/latest?assistantId=${id}`);
    expect({ status, json }).toEqual({ status: 200, json: {} });
  });

  it('pin what callers hear: a write that comes later is not heard', async () => {
    const id = await assistant();
    const made = await split(id, [{ assistantVersion: 'v1', percentage: 100 }]);
    expect(made).toMatchObject({ status: 201, json: { allocationIntent: 'explicit', actorType: 'key' } });
    await rename(id, 'Two');
    expect(vapi.heard(platform, id)).toMatchObject([{ version: 'v1', percentage: 100, fields: { name: 'One' } }]);
    const latest = await call(vapi, `GET /traffic-allocations/latest?assistantId=${id}`);
    expect(latest.json).toMatchObject({ allocation: { id: made.json.id } });
  });

  it('follow the newest version from then on, and each write adds a row of the system', async () => {
    const id = await assistant();
    await split(id, [{ assistantVersion: 'v1', percentage: 100 }]);
    const body = { assistantId: id, allocationIntent: 'follow-latest' };
    expect(await call(vapi, 'POST /traffic-allocations', { body })).toMatchObject({ status: 201 });
    await rename(id, 'Two');
    expect(vapi.heard(platform, id)).toMatchObject([{ version: 'v2', fields: { name: 'Two' } }]);
    const { json } = await call(vapi, `GET /traffic-allocations?assistantId=${id}&limit=10`);
    expect(json).toMatchObject({
      results: [{ actorType: 'system' }, { allocationIntent: 'follow-latest' }, { allocationIntent: 'explicit' }],
      metadata: { totalItems: 3 },
    });
  });

  it.each([
    { why: 'less than all calls', targets: [{ assistantVersion: 'v1', percentage: 99 }] },
    { why: 'a version that is not there', targets: [{ assistantVersion: 'v9', percentage: 100 }] },
    { why: 'no version', targets: [] },
    { why: 'an unknown field', targets: [{ assistantVersion: 'v1', percentage: 100, other: 1 }] },
  ])('with $why are refused', async ({ targets }) => {
    expect(await split(await assistant(), targets)).toMatchObject({ status: 400 });
  });

  it('that were guarded by one that is no longer in force are a conflict, and change nothing', async () => {
    const id = await assistant();
    const first = await split(id, [{ assistantVersion: 'v1', percentage: 100 }]);
    await split(id, [{ assistantVersion: 'v1', percentage: 100 }]);
    const guarded = await split(id, [{ assistantVersion: 'v1', percentage: 100 }], {
      expectedCurrentAllocationId: first.json.id,
    });
    expect(guarded).toMatchObject({ status: 409, json: { code: expect.any(String) } });
    const { json } = await call(vapi, `GET /traffic-allocations?assistantId=${id}`);
    expect(json).toMatchObject({ metadata: { totalItems: 2 } });
  });
});

it('tells of models that stop, and does not mind being told', async () => {
  vapi.configure({ modelDeprecations: [{ ...model, retirementDate: '2026-12-01', replacementModel: 'gpt-5' }] });
  const id = await assistant();
  const { json } = await call(vapi, `GET /assistant/${id}`);
  const told = [{ slot: 'model', ...model, retirementDate: '2026-12-01', replacementModel: 'gpt-5' }];
  expect(json.modelDeprecations).toEqual(told);
  const back = await call(vapi, `PATCH /assistant/${id}`, { body: { name: 'Two', modelDeprecations: told } });
  expect(back).toMatchObject({ status: 200 });
  vapi.configure({ modelDeprecations: [] });
  expect((await call(vapi, `GET /assistant/${id}`)).json).not.toHaveProperty('modelDeprecations');
});

it('a tool of which an assistant pins a version cannot be deleted', async () => {
  const tool = await call(vapi, 'POST /tool', { body: { type: 'function', function: { name: 'a' } } });
  const pinning = { ...model, toolRefs: [{ toolId: tool.json.id, version: 'v1' }] };
  await call(vapi, 'POST /assistant', { body: { name: 'P', model: pinning } });
  expect(await call(vapi, `DELETE /tool/${tool.json.id}`)).toMatchObject({
    status: 409,
    json: { code: 'tool_pinned' },
  });
});
