import { connect } from 'node:net';
import { startVapi } from '../../local/vapi/server.ts';
import { LOCAL_ACCOUNTS, type VapiStandIn } from '../../local/vapi/stand-in.ts';
import { ACME_KEY, call, PLATFORM_KEY } from './vapi-caller.ts';

const account = LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '';
let vapi: VapiStandIn;

beforeAll(async () => {
  vapi = await startVapi();
});
afterEach(() => vapi.clear());
afterAll(() => vapi.close());

const create = () => call(vapi, 'POST /assistant', { body: { name: 'A' } });
const made = () => vapi.assistants(account).length;

const unreadable = undefined;
const no = { message: 'No' };
const failed = (statusCode: number) => ({ message: 'Internal server error', statusCode });

const answers: [behaviour: object, status: number, effects: number, json: unknown][] = [
  [{ kind: 'error-before', status: 500 }, 500, 0, failed(500)],
  [{ kind: 'error-before', status: 403, body: no }, 403, 0, no],
  [{ kind: 'error-after', status: 502 }, 502, 1, failed(502)],
  [{ kind: 'truncated' }, 201, 1, unreadable],
  [{ kind: 'html', status: 521 }, 521, 0, unreadable],
];

it.each(answers)('%j is answered with %d after %d effects', async (behaviour, status, effects, json) => {
  vapi.inject({ behaviour });
  const reply = await create();
  expect({ status: reply.status, json: reply.json, effects: made() }).toEqual({ status, json, effects });
  expect(vapi.requests.at(-1)?.status).toBe(status);
  expect((await create()).status).toBe(201);
});

it.each([
  [{ retryAfter: 3 }, '3'],
  [{ retryAfter: 0 }, '0'],
  [{}, null],
])('a rate limit with %j has no effect and the header Retry-After %s', async (more, header) => {
  vapi.inject({ behaviour: { kind: 'rate-limit', ...more } });
  const reply = await create();
  expect(reply.status).toBe(429);
  expect(reply.headers.get('retry-after')).toBe(header);
  expect(made()).toBe(0);
});

it('a content delivery network answers with a page', async () => {
  vapi.inject({ behaviour: { kind: 'html', status: 413 } });
  const reply = await create();
  expect(reply.headers.get('content-type')).toContain('text/html');
  expect(reply.text).toMatch(/^<html>/);
});

it('an answer that is cut has begun rightly', async () => {
  vapi.inject({ behaviour: { kind: 'truncated' } });
  const { text } = await create();
  expect(text).toMatch(/^\{"clientMessages"/);
  expect(text.endsWith('}')).toBe(false);
});

it.each([
  ['reset-before', 0],
  ['reset-after', 1],
])('%s loses the connection', async (kind, effects) => {
  vapi.inject({ behaviour: { kind } });
  const error = await create().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ cause: { code: 'ECONNRESET' } });
  expect(made()).toBe(effects);
  expect(vapi.requests.at(-1)).toMatchObject({ method: 'POST', status: 0 });
});

it.each([
  ['hang-before', 0],
  ['hang-after', 1],
])('%s never answers', async (kind, effects) => {
  vapi.inject({ on: { method: 'POST' }, behaviour: { kind } });
  const controller = new AbortController();
  const pending = call(vapi, 'POST /assistant', { body: {}, signal: controller.signal }).then(
    () => 'answered',
    () => 'aborted',
  );
  // A later request is answered while the first one still waits.
  while (vapi.count('POST') === 0) await call(vapi, 'GET /assistant');
  expect(made()).toBe(effects);
  controller.abort();
  expect(await pending).toBe('aborted');
});

it('close() ends a connection that hangs', async () => {
  const own = await startVapi();
  own.inject({ behaviour: { kind: 'hang-before' } });
  const pending = call(own, 'GET /assistant').catch(() => 'ended');
  while (own.requests.length === 0) await call(own, 'GET /_control/state');
  await own.close();
  expect(await pending).toBe('ended');
});

it('close() ends a connection that has sent half of a request', async () => {
  const own = await startVapi();
  const socket = connect(own.port, '127.0.0.1');
  const ended = new Promise((resolve) => socket.once('error', resolve).once('close', resolve));
  await new Promise<void>((resolve) =>
    socket.write('POST /assistant HTTP/1.1\r\ncontent-length: 9\r\n\r\n{', () => resolve()),
  );
  await own.close();
  await ended;
  expect(socket.destroyed).toBe(true);
});

it('slow answers rightly, later', async () => {
  vapi.inject({ behaviour: { kind: 'slow', ms: 60 } });
  const began = performance.now();
  expect((await create()).status).toBe(201);
  expect(performance.now() - began).toBeGreaterThanOrEqual(59);
});

it('latency holds for every request', async () => {
  vapi.configure({ latencyMs: 40 });
  const began = performance.now();
  await create();
  expect(performance.now() - began).toBeGreaterThanOrEqual(39);
  vapi.configure({ latencyMs: 0 });
});

const error = { kind: 'error-before', status: 500 };

describe('a fault waits for its request', () => {
  const targets: [on: object, hit: string, missed: string][] = [
    [{ method: 'GET' }, 'GET /assistant', 'DELETE /assistant'],
    [{ method: 'get' }, 'GET /assistant', 'DELETE /assistant'],
    [{ path: '/tool' }, 'GET /tool', 'GET /assistant'],
    [{ path: '^/assistant$' }, 'GET /assistant', 'GET /assistant/abc'],
    [{ path: '/assistant/.+' }, 'GET /assistant/abc', 'GET /assistant'],
  ];

  it.each(targets)('%j', async (on, hit, missed) => {
    vapi.inject({ on, behaviour: error });
    expect((await call(vapi, missed)).status).not.toBe(500);
    expect((await call(vapi, hit)).status).toBe(500);
  });

  it('of a key', async () => {
    vapi.inject({ on: { key: ACME_KEY }, behaviour: error });
    expect((await call(vapi, 'GET /assistant')).status).toBe(200);
    expect((await call(vapi, 'GET /assistant', { key: ACME_KEY })).status).toBe(500);
  });
});

describe('a fault happens', () => {
  const statuses = async (count: number) => {
    const found: number[] = [];
    for (let index = 0; index < count; index++) found.push((await call(vapi, 'GET /assistant')).status);
    return found;
  };

  const counts: [fault: object, statuses: number[]][] = [
    [{}, [500, 200, 200]],
    [{ times: 2 }, [500, 500, 200]],
    [{ skip: 1 }, [200, 500, 200]],
    [{ skip: 1, times: 2 }, [200, 500, 500, 200]],
    [{ times: null }, [500, 500, 500, 500]],
  ];

  it.each(counts)('%j: %j', async (fault, expected) => {
    vapi.inject({ ...fault, behaviour: error });
    expect(await statuses(expected.length)).toEqual(expected);
  });

  it('after those injected before it', async () => {
    vapi.inject({ behaviour: error });
    vapi.inject({ behaviour: { kind: 'rate-limit' } });
    expect(await statuses(3)).toEqual([500, 429, 200]);
  });

  it('no more when it is cleared', async () => {
    vapi.inject({ times: null, behaviour: error });
    vapi.clearFaults();
    expect(await statuses(1)).toEqual([200]);
  });
});

it('a fault that makes no sense is refused', () => {
  expect(() => vapi.inject({ behaviour: { kind: 'explode' } })).toThrow('behaviour');
  expect(() => vapi.inject({ behaviour: { kind: 'html', status: 200 } })).toThrow('status');
  expect(() => vapi.inject({ behavior: error })).toThrow();
});

describe('another process', () => {
  const control = (request: string, body?: unknown) => call(vapi, request, { key: null, body });

  it('injects faults, looks at the requests and clears both', async () => {
    expect((await control('POST /_control/faults', { behaviour: error })).status).toBe(200);
    expect((await call(vapi, 'GET /assistant')).status).toBe(500);
    const { json } = await control('GET /_control/requests');
    expect(json).toMatchObject([{ method: 'GET', path: '/assistant', key: PLATFORM_KEY, status: 500 }]);
    await control('POST /_control/faults', { behaviour: error, times: null });
    await control('DELETE /_control/faults');
    await control('DELETE /_control/requests');
    expect((await call(vapi, 'GET /assistant')).status).toBe(200);
    expect(vapi.requests).toHaveLength(1);
  });

  it('seeds, sees the state and clears it', async () => {
    await control('POST /_control/seed', { account, body: { name: 'Seeded' }, createdAt: '2020-01-01T00:00:00.000Z' });
    const { json } = await control('GET /_control/state');
    expect(json.resources.assistant).toMatchObject([{ orgId: account, fields: { name: 'Seeded' } }]);
    await control('DELETE /_control/state');
    expect(made()).toBe(0);
  });

  it('changes settings', async () => {
    await control('POST /_control/settings', { listLagMs: 60_000 });
    await create();
    expect((await call(vapi, 'GET /assistant')).json).toEqual([]);
    await control('POST /_control/settings', { listLagMs: 0 });
  });

  it.each([
    ['POST /_control/faults', { behaviour: {} }],
    ['POST /_control/settings', { lag: 1 }],
    ['GET /_control/nothing', undefined],
  ])('is told what is wrong with %s', async (request, body) => {
    const reply = await control(request, body);
    expect(reply.status).toBe(400);
    expect(reply.json.message).not.toBe('');
  });
});
