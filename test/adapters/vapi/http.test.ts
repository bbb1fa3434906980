import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { makeVapiHttp, type VapiHttpOptions, type VapiRequest } from '../../../src/adapters/vapi/http.ts';
import { ApiKey } from '../../../src/domain/account/api-key.ts';
import type { JsonObject } from '../../../src/domain/json.ts';

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
  /** Port of the client: the same for two requests over one connection. */
  port: number;
}

type Answer = (response: ServerResponse) => void;

let server: Server;
let seen: Seen[];
let answer: Answer;

beforeEach(async () => {
  seen = [];
  answer = json({ id: 'a', orgId: 'o', createdAt: 'now' });
  server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const body = (await buffer(request)).toString();
    seen.push({ method, url, headers, body, port: request.socket.remotePort ?? 0 });
    answer(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const json =
  (value: unknown, status = 200): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

const KEY = ApiKey.clean('the-key') ?? raise();

function raise(): never {
  throw new Error('the key is none');
}

/** Requests about assistants, as the adapters make them. */
function client(options: Partial<VapiHttpOptions> = {}) {
  const { port } = server.address() as AddressInfo;
  const http = makeVapiHttp({ baseUrl: `http://127.0.0.1:${port}`, ...options });
  const send = (request: VapiRequest, signal = AbortSignal.timeout(60_000)) => http(request, KEY, signal);
  return {
    get: (id: string, signal?: AbortSignal) => send({ method: 'GET', path: `/assistant/${id}` }, signal),
    list: (query: Record<string, string | number>) => send({ method: 'GET', path: '/assistant', query }),
    create: (body: JsonObject) => send({ method: 'POST', path: '/assistant', body }),
    update: (id: string) => send({ method: 'PATCH', path: `/assistant/${id}`, body: {} }),
  };
}

const faultOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('requests', () => {
  it('carry the key, the query and the body as JSON with its length', async () => {
    const vapi = client();
    await vapi.list({ limit: 7, createdAtGe: '2026-01-01T00:00:00.000Z' });
    await vapi.create({ name: 'Zoë' });
    expect(seen[0]).toMatchObject({
      method: 'GET',
      url: '/assistant?createdAtGe=2026-01-01T00%3A00%3A00.000Z&limit=7',
    });
    expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer the-key', accept: 'application/json' });
    expect(seen[1]).toMatchObject({ method: 'POST', url: '/assistant', body: '{"name":"Zoë"}' });
    expect(seen[1]?.headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '15' });
    expect(seen[1]?.headers).not.toHaveProperty('transfer-encoding');
  });

  it('share a connection, but for a POST, which gets one of its own', async () => {
    const vapi = client();
    await vapi.get('a');
    await vapi.get('a');
    await vapi.create({});
    await vapi.create({});
    await vapi.update('a');
    const [get, again, post, another, patch] = seen.map(({ port }) => port);
    expect([again, patch]).toEqual([get, get]);
    expect(new Set([get, post, another]).size).toBe(3);
  });

  it('open as many connections as there are requests: none waits for another, and no POST gets a used one', async () => {
    const waiting: ServerResponse[] = [];
    answer = (response) => {
      waiting.push(response);
      if (waiting.length === 120) for (const each of waiting) json({ id: 'a' })(each);
    };
    const vapi = client({ connectTimeoutMs: 1_000 });
    await Promise.all(Array.from({ length: 60 }, () => [vapi.create({}), vapi.get('a')]).flat());
    expect(new Set(seen.map(({ port }) => port)).size).toBe(120);
  });

  it.each(['gzip', 'GZIP', 'x-gzip'])('read replies compressed with %s', async (encoding) => {
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
    answer = (response) => response.writeHead(200, headers).end(gzipSync('{"id":"squeezed"}'));
    await expect(client().get('a')).resolves.toEqual({ id: 'squeezed' });
    expect(seen[0]?.headers['accept-encoding']).toBe('gzip');
  });

  it('do not follow a redirect: the key is for one host', async () => {
    answer = (response) => response.writeHead(307, { location: '/elsewhere' }).end();
    await expect(faultOf(client().create({}))).resolves.toMatchObject({ kind: 'fault', status: 307 });
    expect(seen).toHaveLength(1);
  });
});

describe('failures', () => {
  it('tell status, message and pause', async () => {
    answer = (response) => {
      response.setHeader('retry-after', '7');
      json({ message: 'slow down' }, 429)(response);
    };
    await expect(faultOf(client().get('a'))).resolves.toMatchObject({
      kind: 'rate-limited',
      retryAfterMs: 7_000,
      messages: ['slow down'],
    });
  });

  it.each([
    ['cut off', (response: ServerResponse) => response.writeHead(200, { 'content-length': '100' }).write('{"id":')],
    [
      'not what it says',
      (response: ServerResponse) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    ],
  ])('a reply that is %s is of unknown outcome', async (_what, reply) => {
    answer = (response) => {
      reply(response);
      setImmediate(() => response.socket?.destroy());
    };
    await expect(faultOf(client().create({}))).resolves.toMatchObject({ kind: 'fault', status: undefined });
  });

  it('a signal ends a reply that does not end by itself', async () => {
    answer = (response) => response.writeHead(200).write('{');
    const abortSignal = AbortSignal.timeout(50);
    await expect(faultOf(client().get('a', abortSignal))).resolves.toMatchObject({ kind: 'fault' });
  });

  it('a refused connection has sent nothing', async () => {
    const vapi = client();
    server.close();
    await once(server, 'close');
    await expect(faultOf(vapi.create({}))).resolves.toMatchObject({ kind: 'not-sent' });
  });

  it('a connection that does not come about in time has sent nothing', async () => {
    // A name that is never resolved.
    const vapi = client({ baseUrl: 'http://vapi.invalid', connectTimeoutMs: 20, agent: { lookup: () => {} } });
    await expect(faultOf(vapi.create({}))).resolves.toMatchObject({ kind: 'not-sent' });
  });
});
