import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createClient, orThrow, ProblemError } from '../../client/index.ts';
import { temporaryDirectory } from '../local/temporary-directory.ts';
import { CHECKOUT } from '../support/checkout.ts';

/** A client of a service that answers so, one after the other; what was sent is kept. */
function clientOf(answers: readonly Response[], more: object = {}) {
  const sent: Request[] = [];
  const waited: number[] = [];
  const client = createClient({
    baseUrl: 'https://api.example',
    fetch: async (request) => {
      sent.push(request);
      return answers[sent.length - 1] ?? Response.error();
    },
    sleep: async (ms) => {
      waited.push(ms);
    },
    ...more,
  });
  return { client, sent, waited };
}

const problem = (code: string, status: number, headers = {}) =>
  Response.json({ code, detail: 'Repeat it.', errors: [] }, { status, headers });
const page = () => Response.json({ items: [], next: null });

it('gives data, error and response, and the path and body that were asked for', async () => {
  const { client, sent } = clientOf([Response.json({ orgId: 'acme' })]);
  const { data, error, response } = await client.PUT('/orgs/{orgId}', {
    params: { path: { orgId: 'a b' } },
    body: { vapiAssistantId: 'x' },
  });
  expect([data, error, response.status]).toEqual([{ orgId: 'acme' }, undefined, 200]);
  expect([sent[0]?.method, sent[0]?.url]).toEqual(['PUT', 'https://api.example/orgs/a%20b']);
  expect(await sent[0]?.json()).toEqual({ vapiAssistantId: 'x' });
});

it('waits as long as the service asks, and repeats the same request, but not for ever', async () => {
  const busy = () => problem('SYNC_IN_PROGRESS', 409, { 'retry-after': '7' });
  const { client, sent, waited } = clientOf([busy(), page()]);
  expect((await client.GET('/assistants')).response.status).toBe(200);
  expect([sent.length, waited]).toEqual([2, [7000]]);
  const other = clientOf([busy(), busy(), busy(), page()]);
  expect((await other.client.GET('/assistants')).error).toMatchObject({ code: 'SYNC_IN_PROGRESS' });
  expect(other.sent).toHaveLength(3);
});

it('a date to wait for is obeyed, too: gateways give some', async () => {
  const date = new Date(Date.now() + 20_000).toUTCString();
  const { client, waited } = clientOf([problem('STORAGE_UNAVAILABLE', 503, { 'retry-after': date }), page()]);
  expect((await client.GET('/assistants')).response.status).toBe(200);
  expect(waited).toHaveLength(1);
  expect(waited[0]).toBeGreaterThan(15_000);
  expect(waited[0]).toBeLessThanOrEqual(20_000);
});

it.each([
  ['without Retry-After', {}],
  ['with a wait that is none', { 'retry-after': 'soon' }],
  ['with a wait that is too long', { 'retry-after': '600' }],
])('%s nothing is repeated', async (_name, headers) => {
  const { client, sent } = clientOf([problem('STORAGE_UNAVAILABLE', 503, headers)]);
  expect((await client.GET('/assistants')).response.status).toBe(503);
  expect(sent).toHaveLength(1);
});

it('a token goes with each request', async () => {
  const { client, sent } = clientOf([page()], { token: 'abc' });
  await client.GET('/assistants');
  expect(sent[0]?.headers.get('authorization')).toBe('Bearer abc');
});

it('credentials sign each request anew, also a repeated one', async () => {
  let asked = 0;
  const credentials = async () => {
    asked += 1;
    return { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session' };
  };
  const answers = [problem('SYNC_IN_PROGRESS', 409, { 'retry-after': '1' }), page()];
  const { client, sent } = clientOf(answers, { credentials, region: 'eu-central-1' });
  await client.GET('/assistants', { params: { query: { limit: 5 } } });
  for (const { headers } of sent) {
    expect(headers.get('authorization')).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-central-1\/execute-api\/aws4_request, /,
    );
    expect(headers.get('x-amz-security-token')).toBe('session');
  }
  expect(asked).toBe(2);
  expect(() => createClient({ baseUrl: 'https://x', credentials })).toThrow('Give the region');
});

it.each([
  ['with a token', { token: 'abc' }],
  ['signed', { credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' }, region: 'eu-central-1' }],
])('the signal of a request reaches what is sent %s', async (_name, access) => {
  const { client, sent } = clientOf([Response.json({ outcome: 'updated' })], access);
  const controller = new AbortController();
  const body = { name: 'Front desk' };
  const params = { path: { orgId: 'acme', role: 'inbound' as const } };
  await client.PUT('/orgs/{orgId}/assistants/{role}', { params, body, signal: controller.signal });
  expect(sent[0]?.signal.aborted).toBe(false);
  controller.abort();
  expect(sent[0]?.signal.aborted).toBe(true);
  expect(await sent[0]?.json()).toEqual(body);
});

it.each([{}, { token: 'secret' }, { credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, region: 'eu-central-1' }])(
  'no redirect is followed, with %j: what authorises a request goes to the service alone',
  async (transport) => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(request.url ?? '');
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const client = createClient({ baseUrl: `http://127.0.0.1:${port}`, ...transport });
    await expect(client.GET('/assistants')).rejects.toThrow('fetch failed');
    expect(seen).toEqual(['/assistants']);
    server.close();
  },
);

it('who waits for the service can stop waiting', async () => {
  const busy = problem('SYNC_IN_PROGRESS', 409, { 'retry-after': '60' });
  const { client, sent } = clientOf([busy, page()], { sleep: undefined });
  const controller = new AbortController();
  const asked = client.GET('/assistants', { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 50);
  await expect(asked).rejects.toThrow('enough');
  expect(sent).toHaveLength(1);
});

it.each(['.', '..', ''])('an organisation "%s" is none: the address would be that of all', async (orgId) => {
  const { client, sent } = clientOf([page()]);
  const asked = client.GET('/orgs/{orgId}/changes', { params: { path: { orgId } } });
  await expect(asked).rejects.toThrow(`"${orgId}" cannot stand for orgId.`);
  expect(sent).toEqual([]);
});

it('a problem can be thrown, with its code and the operation', async () => {
  const { client } = clientOf([problem('NOT_FOUND', 404, { 'x-operation-id': 'op-1' })]);
  const reply = await client.GET('/assistants/{assistantId}', { params: { path: { assistantId: 'x' } } });
  const thrown = (() => {
    try {
      return orThrow(reply);
    } catch (error) {
      return error;
    }
  })();
  expect(thrown).toBeInstanceOf(ProblemError);
  expect(thrown).toMatchObject({ status: 404, operationId: 'op-1', problem: { code: 'NOT_FOUND' } });
});

it('a separate project uses the package, typed and in JavaScript', async () => {
  const project = temporaryDirectory();
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', project], {
    cwd: CHECKOUT,
    encoding: 'utf8',
  });
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, 'vapi-sync'), { recursive: true });
  execFileSync('tar', [
    '-xzf',
    join(project, packed.trim().split('\n').at(-1) ?? ''),
    '--strip-components=1',
    '-C',
    join(modules, 'vapi-sync'),
  ]);
  for (const name of ['openapi-fetch', 'openapi-typescript-helpers', 'aws4fetch']) {
    symlinkSync(join(CHECKOUT, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(project, 'package.json'), '{"type": "module"}');
  writeFileSync(
    join(project, 'use.ts'),
    `import { createClient, type Problem } from 'vapi-sync/client';
const client = createClient({ baseUrl: 'https://api.example', token: 'x', fetch: async () => Response.json({ items: [], next: null }) });
const { data, error } = await client.GET('/assistants', { params: { query: { limit: 5 } } });
const names: string[] = data?.items.map(({ orgId }) => orgId) ?? [];
const code: Problem['code'] | undefined = error && 'code' in error ? error.code : undefined;
// @ts-expect-error: there is no such route
await client.GET('/nowhere').catch(() => {});
console.log([names.length, typeof code].join(' '));
`,
  );
  const tsc = join(CHECKOUT, 'node_modules/.bin/tsc');
  const options = [
    '--noEmit',
    'false',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--strict',
    '--skipLibCheck',
    '--types',
    '',
  ];
  execFileSync(tsc, [...options, '--lib', 'es2024,dom', 'use.ts'], { cwd: project, stdio: 'pipe' });
  expect(execFileSync(process.execPath, ['use.js'], { cwd: project, encoding: 'utf8' })).toBe('0 undefined\n');
  symlinkSync(join(CHECKOUT, 'node_modules'), join(modules, 'vapi-sync', 'node_modules'));
  const command = (...args: string[]) =>
    spawnSync(process.execPath, [join(modules, 'vapi-sync/cli/bin.js'), ...args], { encoding: 'utf8' });
  expect(command('list')).toMatchObject({ status: 64, stderr: expect.stringContaining('Here, name --stage or --url') });
  expect(command('list', '--url', 'http://127.0.0.1:2')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('could not be reached'),
  });
  // The package has the page of the console, and needs nothing to build it.
  const console = spawn(
    process.execPath,
    [join(modules, 'vapi-sync/cli/bin.js'), 'console', '--url', 'http://127.0.0.1:2'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const ended = once(console, 'close');
  const [shown] = await Promise.race([once(console.stdout, 'data'), ended]);
  console.kill('SIGINT');
  await ended;
  expect(String(shown)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/console\/\?token=/);
}, 120_000);
