import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeProgram } from '../../cli/main.ts';
import { cliDocument } from '../../scripts/cli-document.ts';
import { temporaryDirectory } from '../local/temporary-directory.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { withPrompt } from '../support/configurations.ts';
import type { TestService } from '../support/service.ts';
import { cli, type ServedService, useServed } from './cli-process.ts';

const PROCESSES_MS = 60_000;

let service: TestService;
let served: ServedService;
useServed((...given) => {
  [served, service] = given;
});
afterEach(() => {
  served.instead = undefined;
});

const at = (...args: string[]) => cli([...args, '--url', served.url]);
const file = (content: object) => {
  const path = join(temporaryDirectory(), 'assistant.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
};

it(
  '`changes --follow` begins now, and shows what comes',
  async () => {
    setTimeout(() => void service.put('followed', 'inbound', withPrompt('one')).then(() => service.announce()), 3_000);
    const { code, out, err } = await cli(['changes', '--follow', '--json', '--url', served.url], {
      onOutput: (_text, kill) => kill('SIGINT'),
    });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ orgId: 'followed', action: 'created' });
    await service.remove('followed', 'inbound');
  },
  PROCESSES_MS,
);

it(
  'what an organisation has named does not steer the terminal',
  async () => {
    const name = '\u001b]52;c;ZXZpbA==\u0007\u001b[2J\r\u009b1A';
    await service.put('odd', 'inbound', { ...withPrompt('one'), metadata: { [name]: 1 } });
    await service.put('odd', 'inbound', { ...withPrompt('one'), metadata: { [name]: 2 } });
    await service.announce();
    const { code, out } = await at('changes', 'odd');
    expect([code, out]).toEqual([0, expect.stringContaining('/metadata/')]);
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    await service.remove('odd', 'inbound');
  },
  PROCESSES_MS,
);

it(
  'an assistant is set, shown, compared, rolled back and deleted, for people and for programs',
  async () => {
    const [one, two] = [file(withPrompt('one')), file(withPrompt('two'))];
    expect(await at('set', 'acme', 'inbound', one)).toMatchObject({ code: 0, out: expect.stringMatching(/^created /) });
    const diff = await at('diff', 'acme', 'inbound', two);
    expect([diff.code, diff.out]).toEqual([
      2,
      expect.stringContaining('/content\n    - top-secret-prompt one\n    + top-secret-prompt two'),
    ]);
    await at('set', 'acme', 'inbound', two);
    const stale = await at('set', 'acme', 'inbound', one, '--if-match', '1');
    expect([stale.code, stale.err]).toEqual([1, expect.stringMatching(/^PRECONDITION_FAILED: /)]);
    const got = JSON.parse((await at('get', 'acme', 'inbound', '--json')).out);
    expect(got).toMatchObject({
      orgId: 'acme',
      revision: 2,
      configuration: { model: { messages: [{ content: expect.stringContaining('two') }] } },
    });
    const { entries } = JSON.parse((await at('history', 'acme', 'inbound', '--json')).out);
    expect(entries).toHaveLength(2);
    const back = await at('rollback', 'acme', 'inbound', entries[1].specHash.slice(0, 8));
    expect([back.code, back.out]).toEqual([0, expect.stringMatching(/^updated acme\/inbound to /)]);
    const status = await at('status', 'acme');
    expect(status.out.split('\n')[1]).toMatch(/^acme +inbound +synced +current +3 /);
    await service.announce();
    const { items } = JSON.parse((await at('changes', 'acme', '--json')).out);
    expect(items.map(({ action }: { action: string }) => action)).toEqual(['updated', 'updated', 'created']);
    expect((await at('delete', 'acme', 'inbound')).code).toBe(64);
    expect((await at('delete', 'acme', 'inbound', '--yes')).code).toBe(0);
    expect((await at('get', 'acme', 'inbound')).code).toBe(1);
    expect((await at('list', '--json')).out).toBe('{\n  "items": []\n}\n');
  },
  PROCESSES_MS,
);

it(
  'a template is made, an organisation bound to it, and a rollout brings it to the next version',
  async () => {
    const assistant = { ...withPrompt('You answer for ${clinicName}.'), name: '${clinicName}' };
    const content = { roles: ['inbound'], variables: { clinicName: { type: 'string', required: true } }, assistant };
    const made = await at('template', 'set', 'clinic', file(content));
    expect([made.err, made.out]).toEqual(['', 'created clinic version 1\n']);
    await at('template', 'variables', 'globex', file({ clinicName: 'Globex' }));
    expect((await at('set', 'globex', 'inbound', file({ template: 'clinic' }))).code).toBe(0);
    await at('template', 'set', 'clinic', file({ ...content, assistant: { ...assistant, firstMessage: 'Hello' } }));
    const request = file({ template: 'clinic', version: 2, waves: { bakeSeconds: 0 } });
    const planned = await at('rollout', 'start', request, '--dry-run');
    expect([planned.code, planned.out]).toEqual([0, expect.stringMatching(/globex .* update .*\/firstMessage/)]);
    const started = await at('rollout', 'start', request);
    expect([started.err, started.out]).toEqual(['', expect.stringMatching(/: 1 targets in waves of 1\n$/)]);
    await service.drainQueue();
    const [rolloutId = ''] = started.out.split(':');
    const watched = await at('rollout', 'watch', rolloutId);
    expect([watched.code, watched.out]).toEqual([0, 'completed, wave 1 of 1, 1 of 1 targets\n']);
    expect((await at('rollout', 'targets', rolloutId)).out).toMatch(/globex .* applied/);
    expect((await at('rollout', 'targets', rolloutId, '--state', 'failed')).out).toBe('There is no such target.\n');
    expect((await at('rollout', 'targets', rolloutId, '--state', 'odd')).err).toMatch(
      /^VALIDATION_FAILED: state: use one of/,
    );
    expect(JSON.parse((await at('template', 'list', '--json')).out).items).toMatchObject([
      { templateId: 'clinic', version: 2 },
    ]);
    expect(JSON.parse((await at('get', 'globex', 'inbound', '--json')).out)).toMatchObject({
      template: { id: 'clinic', version: 2 },
      configuration: { name: 'Globex', firstMessage: 'Hello' },
    });
    expect((await at('rollout', 'pause', rolloutId)).err).toMatch(/^ROLLOUT_STATE: /);
    await service.remove('globex', 'inbound');
  },
  PROCESSES_MS,
);

describe('what goes wrong is a sentence and an exit code, no stack:', () => {
  it.each<[string, readonly string[], number, RegExp]>([
    ['an unknown command', ['nonsense'], 64, /unknown command/],
    ['an unknown option', ['list', '--nonsense'], 64, /unknown option/],
    ['a missing argument', ['get', 'acme'], 64, /missing required argument/],
    ['a role that is none', ['get', 'acme', 'both', '--url', 'http://127.0.0.1:1'], 64, /use inbound or outbound/],
    ['two places', ['list', '--url', 'http://x', '--stage', 'dev'], 64, /not both/],
    ['a token without an address', ['list', '--token', 'x'], 64, /--token goes with --url/],
    ['no address', ['list', '--url', 'nowhere'], 64, /no http\(s\) address/],
    ['nobody there', ['list', '--url', 'http://127.0.0.1:1'], 1, /could not be reached/],
    ['no credentials', ['list', '--stage', 'dev'], 1, /does not take the credentials/],
    ['no such directory', ['plan', '/nowhere', '--url', 'http://127.0.0.1:1'], 1, /There is no folder/],
    ['no such file', ['set', 'a', 'inbound', '/nowhere.yaml', '--url', 'http://127.0.0.1:1'], 1, /cannot be read/],
  ])('%s', async (_name, args, code, text) => {
    const ended = await cli(args);
    expect([ended.code, ended.out]).toEqual([code, '']);
    expect(ended.err).toMatch(text);
    expect(ended.err).not.toMatch(/^\s+at /m);
  });

  it.each([
    ['an expired token', 401, { message: 'Unauthorized' }, /answered 401 Unauthorized\nCheck the token/],
    ['a caller without rights', 403, { message: 'Forbidden' }, /answered 403 Forbidden\nCheck the token/],
    ['too many requests', 429, { message: 'Too Many Requests' }, /answered 429 Too Many Requests/],
  ])('%s', async (_name, status, body, text) => {
    const headers: Record<string, string> = status === 429 ? { 'retry-after': '0' } : {};
    served.instead = () => ({ status, body, headers });
    const ended = await at('list', '--token', 'x');
    expect([ended.code, ended.err]).toEqual([1, expect.stringMatching(text)]);
    expect(ended.err).not.toMatch(/^\s+at /m);
  });
});

it('whoever stops reading ends the command, without a word', async () => {
  for (let index = 0; index < 40; index += 1) await service.put(`read-${index}`, 'inbound', withPrompt('x'));
  const shell = `"${process.execPath}" --no-warnings cli/bin.js list --json --url ${served.url} | head -c 20; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', shell], { cwd: CHECKOUT });
  expect([stdout.slice(0, 13), stdout.trim().at(-1), stderr]).toEqual(
    ['{\n  "items": [', '0', ''].map((text) => text.slice(0, 13)),
  );
}, 30_000);

it('docs/cli.md is what the commands say of themselves: npm run generate:docs', () => {
  expect(readFileSync(join(CHECKOUT, 'docs/cli.md'), 'utf8')).toBe(cliDocument(makeProgram()));
});

it('client/schema.ts is made of docs/openapi.yaml: npm run generate:client', () => {
  const program = join(CHECKOUT, 'client/types/node_modules/.bin/openapi-typescript');
  const { stdout } = spawnSync(program, ['docs/openapi.yaml'], { cwd: CHECKOUT, encoding: 'utf8' });
  expect(readFileSync(join(CHECKOUT, 'client/schema.ts'), 'utf8')).toBe(stdout);
});
