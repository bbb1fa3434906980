import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT, checkout, type Outcome, PROCESSES_MS, sls, startSls } from '../support/checkout.ts';
import { freePorts } from '../support/free-ports.ts';

const assistantIn = (outcome: Outcome) => /"assistantId": "([0-9a-f-]{36})"/.exec(outcome.output)?.[1];

it('two commands at once share one stack without any AWS account, and leave it to the next', async () => {
  const directory = checkout();
  const sync = 'invoke local -f sync -p events/sync.json';
  const [first, second] = await Promise.all([sls(directory, sync), sls(directory, sync)]);
  expect([first.code, second.code]).toEqual([0, 0]);
  expect(assistantIn(first)).toBeDefined();
  expect(assistantIn(second)).toBe(assistantIn(first));
  const third = await sls(directory, sync);
  expect([third.code, assistantIn(third)]).toEqual([0, assistantIn(first)]);
  expect(readdirSync(join(directory, '.local', 'build'))).toEqual([]);
}, 120_000);

it.each(['invoke local -f sync -p events/sync.json', 'offline start --stage local'])(
  '`sls %s` ends with a sentence where its data cannot be written',
  async (command) => {
    const directory = checkout();
    rmSync(join(directory, '.local'), { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
    writeFileSync(join(directory, '.local'), 'in the way');
    const { code, output } = await sls(directory, command);
    expect(code).not.toBe(0);
    expect(output).toMatch(/\.local.* cannot be written to \(ENOTDIR\)/);
    expect(output).not.toContain('    at ');
  },
  PROCESSES_MS,
);

/** With what the console is made of. */
function withConsole(directory: string): string {
  for (const name of ['cli', 'client', 'console', 'package-lock.json']) {
    const filter = (path: string) => !path.includes('node_modules');
    cpSync(join(CHECKOUT, name), join(directory, name), { recursive: true, filter });
  }
  return directory;
}

it(
  '`sls offline` serves the routes over HTTP, to callers who have not signed',
  async () => {
    const [httpPort, lambdaPort] = await freePorts(2);
    const command = `offline start --stage local --httpPort ${httpPort} --lambdaPort ${lambdaPort} --noPrependStageInUrl`;
    const offline = await startSls(withConsole(checkout()), { command, readyWith: 'Server ready' });
    try {
      const url = `http://localhost:${httpPort}/orgs/globex/assistants`;
      const body = JSON.stringify({ name: 'Front desk', model: { provider: 'openai', model: 'gpt-4o' } });
      const put = await fetch(`${url}/inbound`, {
        method: 'PUT',
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect([put.status, await put.json()]).toMatchObject([201, { outcome: 'created' }]);
      const list = await fetch(url);
      expect([list.status, await list.json()]).toMatchObject([200, { assistants: [{ role: 'inbound' }] }]);
      expect((await fetch(`${url}/inbound`, { method: 'DELETE' })).status).toBe(204);
      const [address = ''] = /http:\/\/localhost:\d+\/console\/\?token=\S+/.exec(offline.output()) ?? [];
      const page = await fetch(address);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>vapi-sync</title>')]);
      const cookie = page.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      const asked = new URL('/console/api/orgs/globex/assistants', address);
      expect(await (await fetch(asked, { headers: { cookie } })).json()).toEqual({ orgId: 'globex', assistants: [] });
      expect((await fetch(asked)).status).toBe(401);
    } finally {
      await offline.stop();
    }
  },
  PROCESSES_MS,
);
