import { request as send } from 'node:http';
import { gzipSync } from 'node:zlib';
import { makeSecret, type OpenConsole, openConsole } from '../../cli/console/server.ts';
import { withPrompt } from '../support/configurations.ts';
import type { TestService } from '../support/service.ts';
import { cli, type ServedService, useServed } from './cli-process.ts';

const html = { type: 'text/html; charset=utf-8', content: Buffer.from('<title>page</title>') };
const script = { type: 'text/javascript; charset=utf-8', content: Buffer.from('export {};') };
const page = new Map([
  ['index.html', html],
  ['assets/index.js', script],
]);

/** What the service was asked. */
let asked: Request[];
let opened: OpenConsole;
let base: URL;
let secret: string;

beforeAll(async () => {
  secret = makeSecret();
  const access = {
    baseUrl: 'https://api.example',
    token: 'of-the-operator',
    fetch: async (request: Request) => {
      asked.push(request);
      if (request.url.endsWith('/gone')) throw new TypeError('fetch failed', { cause: new Error('no way') });
      return Response.json({ items: [], next: null }, { status: 418, headers: { etag: '"3"', 'x-secret': 'x' } });
    },
  };
  opened = await openConsole({ page, access, name: 'the service of a test', secret });
  base = new URL(opened.address);
});
beforeEach(() => {
  asked = [];
});
afterAll(() => opened.close());

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Sends just these headers: `fetch` would choose some of them by itself. */
async function visit(path: string, { method = 'GET', headers = {}, body = '' }: Sent = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number;
    headers: Record<string, unknown>;
    text: string;
  }>();
  const target = { host: '127.0.0.1', port: base.port, path, method, headers: { host: base.host, ...headers } };
  send(target, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(chunks).toString('utf8'),
      }),
    );
  })
    .on('error', reject)
    .end(body);
  return await promise;
}

const cookie = () => ({ cookie: `vapi-sync-console-${base.port}=${secret}` });
const own = () => ({ ...cookie(), origin: base.origin, 'content-type': 'application/json' });

describe('who comes in:', () => {
  it('the address with the token shows the page, and gives a cookie that no script and no other site has', async () => {
    const { status, headers, text } = await visit(`${base.pathname}${base.search}`);
    expect([status, text]).toEqual([200, '<title>page</title>']);
    expect(headers['set-cookie']).toEqual([
      `vapi-sync-console-${base.port}=${secret}; Path=/console; HttpOnly; SameSite=Strict`,
    ]);
  });

  it('the address listens on this machine only, and its policy allows nothing inline and no frame', async () => {
    const { headers } = await visit('/console/', { headers: cookie() });
    expect(base.hostname).toBe('127.0.0.1');
    expect(headers).toMatchObject({
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });

  it.each<[string, number, Record<string, string>]>([
    ['the cookie', 200, {}],
    ['localhost as the name', 200, { host: 'localhost:PORT' }],
    ['a page of its own', 200, { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:PORT' }],
    ['a name that was made to point here', 403, { host: 'evil.example:PORT' }],
    ['another port as the name', 403, { host: '127.0.0.1:1' }],
    ['another site', 403, { origin: 'https://evil.example' }],
    ['a sandboxed frame', 403, { origin: 'null' }],
    ['another port of this machine', 403, { origin: 'http://127.0.0.1:1' }],
    ['a link on another site', 403, { 'sec-fetch-site': 'cross-site' }],
    ['a page on another port', 403, { 'sec-fetch-site': 'same-site' }],
    ['no cookie', 401, { cookie: '' }],
    ['a wrong cookie', 401, { cookie: 'vapi-sync-console-PORT=wrong' }],
    ['the cookie of another console', 401, { cookie: 'vapi-sync-console-1=SECRET' }],
  ])('%s: %i', async (_name, status, headers) => {
    const filled = Object.entries({ ...cookie(), ...headers }).map(([name, value]) => [
      name,
      value.replace('PORT', base.port).replace('SECRET', secret),
    ]);
    for (const path of ['/console/', '/console/api/assistants', '/console/assets/index.js']) {
      const seen = await visit(path, { headers: Object.fromEntries(filled) });
      expect([path, seen.status]).toEqual([path, status === 200 && path.includes('/api/') ? 418 : status]);
    }
    expect(asked).toHaveLength(status === 200 ? 1 : 0);
  });

  it.each(['/console/', '/console/?token=', '/console/?token=wrong', '/', '/console/api/assistants?token=wrong'])(
    'without the right token: %s',
    async (path) => {
      const seen = await visit(path, path.includes('token') ? { headers: cookie() } : {});
      expect([seen.status, seen.headers['set-cookie']]).toEqual([401, undefined]);
      expect(seen.text).toContain('Open the address that was printed when the console was started');
    },
  );

  it.each([
    ['without an origin', { origin: undefined }],
    ['from another site', { origin: 'https://evil.example' }],
  ])('nothing is changed %s', async (_name, { origin }) => {
    const { origin: _own, ...rest } = own();
    const headers = { ...rest, ...(origin ? { origin } : {}) };
    expect((await visit('/console/api/drift', { method: 'POST', headers, body: '{}' })).status).toBe(403);
    expect(asked).toEqual([]);
  });
});

describe('what the page asks goes to the service:', () => {
  it('with the token of the operator, which the browser never sees, and without its cookie', async () => {
    const headers = { ...own(), 'if-match': '"2"', accept: 'application/json' };
    const path = '/console/api/orgs/a%2Fb/assistants/inbound/rollback?dryRun=true';
    const seen = await visit(path, { method: 'POST', headers, body: '{"specHash":"x"}' });
    expect(seen).toMatchObject({ status: 418, text: '{"items":[],"next":null}', headers: { etag: '"3"' } });
    expect(seen.headers['x-secret']).toBeUndefined();
    const [request] = asked;
    expect(request?.url).toBe('https://api.example/orgs/a%2Fb/assistants/inbound/rollback?dryRun=true');
    expect([request?.method, await request?.text()]).toEqual(['POST', '{"specHash":"x"}']);
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      accept: 'application/json',
      authorization: 'Bearer of-the-operator',
      'content-type': 'application/json',
      'if-match': '"2"',
    });
  });

  it('signed with the credentials of the operator, where it is a stage', async () => {
    const sent: Request[] = [];
    const access = {
      baseUrl: 'https://api.example',
      region: 'eu-central-1',
      credentials: async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'hidden', sessionToken: 'session' }),
      fetch: async (request: Request) => {
        sent.push(request);
        return Response.json({});
      },
    };
    const stage = await openConsole({ page, access, name: 'stage dev', secret });
    const { origin, search } = new URL(stage.address);
    const headers = { origin, 'content-type': 'application/json' };
    const body = '{"mode":"heal"}';
    const answer = await fetch(`${origin}/console/api/drift${search}`, { method: 'POST', headers, body });
    stage.close();
    expect([answer.status, sent[0]?.url]).toEqual([200, 'https://api.example/drift']);
    expect(sent[0]?.headers.get('authorization')).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/execute-api\//,
    );
    expect(sent[0]?.headers.get('x-amz-security-token')).toBe('session');
  });

  it.each([
    ['PUT', '/console/api/orgs/acme/assistants/inbound'],
    ['DELETE', '/console/api/orgs/acme/assistants/inbound'],
    ['POST', '/console/api/verify'],
    ['GET', '/console/api/nowhere'],
    ['GET', '/console/api/assistants/..%2F..%2Fsecret'],
  ])('and nothing that the page does not ask: %s %s', async (method, path) => {
    const seen = await visit(path, { method, headers: own() });
    expect([404, 405]).toContain(seen.status);
    expect(asked).toEqual([]);
  });

  it('a service that does not answer is a problem that says what to do', async () => {
    const seen = await visit('/console/api/drift/runs/gone', { headers: cookie() });
    expect([seen.status, JSON.parse(seen.text)]).toMatchObject([
      502,
      { code: 'UNREACHABLE', detail: expect.stringContaining('Check the address and the network') },
    ]);
  });

  it('a request that is too long is not passed on', async () => {
    const seen = await visit('/console/api/drift', { method: 'POST', headers: own(), body: 'x'.repeat(70_000) });
    expect([seen.status, asked]).toEqual([413, []]);
  });
});

describe('the files:', () => {
  it.each([
    ['/console/', 200, 'text/html; charset=utf-8'],
    ['/console/assistants/acme/inbound', 200, 'text/html; charset=utf-8'],
    ['/console/assets/index.js', 200, 'text/javascript; charset=utf-8'],
    ['/console/assets/none.js', 404, 'text/plain; charset=utf-8'],
    ['/console/assets/..%2F..%2Fpackage.json', 404, 'text/plain; charset=utf-8'],
    ['/elsewhere', 404, 'text/plain; charset=utf-8'],
    ['//[', 400, 'text/plain; charset=utf-8'],
  ])('%s: %i %s', async (path, status, type) => {
    const seen = await visit(path, { headers: cookie() });
    expect([seen.status, seen.headers['content-type']]).toEqual([status, type]);
  });

  it('the page is told which service it shows', async () => {
    expect((await visit('/console/place', { headers: cookie() })).text).toBe('the service of a test\n');
    expect((await visit('/console/place')).status).toBe(401);
  });

  it('/ and /console lead to the page', async () => {
    for (const path of ['/', '/console']) {
      const seen = await visit(`${path}${base.search}`);
      expect([seen.status, seen.headers.location]).toEqual([303, `/console/${base.search}`]);
    }
  });
});

describe('the command', () => {
  let service: TestService;
  let served: ServedService;
  useServed((...given) => {
    [served, service] = given;
  });

  /** Runs the command until `look` has looked at its address. */
  async function console(args: readonly string[], look: (address: string) => Promise<void>) {
    let looked: Promise<void> | undefined;
    const ended = await cli(['console', ...args], {
      onOutput: (text, kill) => {
        const [line] = text.split('\n');
        if (text.includes('\n') && line) looked ??= look(line).finally(() => kill('SIGINT'));
      },
    });
    await looked;
    return ended;
  }

  it('prints the address first, serves the page that was built, and ends with Ctrl-C', async () => {
    await service.put('globex', 'inbound', withPrompt('console'));
    const ended = await console(['--url', served.url], async (address) => {
      const response = await fetch(address);
      const text = await response.text();
      const headers = { cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
      const assets = [...text.matchAll(/"(\/console\/assets\/[^"]+)"/g)].map(
        ([, asset = '']) => new URL(asset, address),
      );
      const bodies = await Promise.all(assets.map(async (asset) => (await fetch(asset, { headers })).arrayBuffer()));
      const size = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
      expect([response.status, assets.length, size < 250_000]).toEqual([200, 2, true]);
      expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=/);
      const list = await fetch(new URL('/console/api/assistants?limit=5', address), { headers });
      expect(await list.json()).toMatchObject({ items: [{ orgId: 'globex', role: 'inbound' }] });
    });
    expect(ended).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/console\/\?token=[\w-]{32}\n$/),
    });
    expect(ended.err).not.toMatch(/^\s+at /m);
    await service.remove('globex', 'inbound');
  });

  it.each([
    ['no port', ['--port', 'x'], 64, /is no port/],
    ['two places', ['--url', 'http://x', '--stage', 'dev'], 64, /not both/],
  ])('refuses %s', async (_name, args, code, words) => {
    const ended = await cli(['console', ...args]);
    expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(words)]);
  });
});
