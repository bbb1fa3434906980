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

const PROCESSES_MS = 120_000;

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
    // What was changed before is told before.
    await service.announce();
    let changed: Promise<void> | undefined;
    served.instead = () => {
      // It follows from here on, however long the process took to begin.
      changed ??= service.put('followed', 'inbound', withPrompt('one')).then(() => service.announce());
      return undefined;
    };
    const { code, out, err } = await cli(['changes', '--follow', '--json', '--url', served.url], {
      onOutput: (_text, kill) => kill('SIGINT'),
    });
    await changed;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ orgId: 'followed', action: 'created' });
    await service.remove('followed', 'inbound');
  },
  PROCESSES_MS,
);

it(
  '`changes --follow` loses nothing while the service is away for a moment',
  async () => {
    let looks = 0;
    served.instead = () => {
      looks += 1;
      if (looks === 1) return { status: 200, body: { items: [], next: 'a-place' } };
      if (looks === 2) return { status: 503, body: { message: 'Service Unavailable' } };
      const change = { at: '2026-11-29T22:00:00Z', action: 'created', orgId: 'away', role: 'inbound', paths: [] };
      return { status: 200, body: { items: looks === 3 ? [change] : [], next: 'another-place' } };
    };
    const { code, out, err } = await cli(['changes', '--follow', '--url', served.url], {
      onOutput: (_text, kill) => kill('SIGINT'),
    });
    expect([code, err]).toEqual([0, 'The service answered 503 Service Unavailable; going on\n']);
    expect(out).toContain('created away/inbound');
  },
  PROCESSES_MS,
);

it(
  'who watches a rollout is not sent away by a service that is away for a moment',
  async () => {
    const counts = { outdated: 0, applying: 0, applied: 1, unchanged: 0, failed: 0, skipped: 0, 'rolled-back': 0 };
    const rollout = {
      rolloutId: 'r-1',
      template: 'desk',
      version: 2,
      wave: 1,
      waves: [1],
      targets: 1,
      counts,
      failures: [],
    };
    const states = ['baking', undefined, 'completed'];
    served.instead = () => {
      const state = states.shift();
      return state ? { status: 200, body: { ...rollout, state } } : { status: 502, body: { message: 'Bad Gateway' } };
    };
    expect(await at('rollout', 'watch', 'r-1')).toEqual({
      code: 0,
      out: 'baking, wave 1 of 1, 1 of 1 targets\ncompleted, wave 1 of 1, 1 of 1 targets\n',
      err: 'The service answered 502 Bad Gateway; going on\n',
    });
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
  'a text of several lines cannot be taken for lines of the plan',
  async () => {
    const forged = 'Hello\n+ create acme/inbound (orgs/acme.yaml)';
    await service.put('forging', 'inbound', { ...withPrompt('one'), firstMessage: forged });
    const diff = await at('diff', 'forging', 'inbound', file(withPrompt('one')));
    expect([diff.code, diff.out]).toEqual([2, expect.stringMatching(/^ +- Hello\n {6}\+ create acme/m)]);
    await service.remove('forging', 'inbound');
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
    expect([started.err, started.out]).toEqual(['', expect.stringMatching(/: 1 target in waves of 1\n$/)]);
    const nobody = file({ template: 'clinic', version: 2, select: { orgIds: ['hooli'] } });
    expect((await at('rollout', 'start', nobody, '--dry-run')).out).toBe(
      '0 targets, as nothing that was selected is bound to clinic; nothing was started (dryRun)\n',
    );
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
    ['a header without an address', ['verify', '--header', 'x: y'], 64, /--header goes with --url/],
    ['an empty stage', ['list', '--stage', ''], 64, /^--stage is empty: give it a value, or leave it out\.$/m],
    ['an empty address', ['apply', 'fleet', '--url', ''], 64, /^--url is empty/],
    ['an empty name in a list', ['redrive', '--org', 'acme', ''], 64, /^--org is empty/],
    ['an empty hash', ['rollback', 'acme', 'inbound', ''], 64, /^<hash> is empty: give it a value\.$/m],
    ['no address', ['list', '--url', 'nowhere'], 64, /no http\(s\) address: begin it with https:/],
    ['a limit that is no number', ['changes', 'acme', '--limit', 'abc'], 64, /Use a whole number from 1 on/],
    [
      'a version that is no number',
      ['template', 'get', 'desk', '--version', '1.5'],
      64,
      /Use a whole number from 1 on/,
    ],
    ['a password in the address', ['list', '--url', 'http://me:hush@127.0.0.1:1'], 64, /^--url is the address alone/],
    ['a query in the address', ['list', '--url', 'http://127.0.0.1:1/?stage=dev'], 64, /^--url is the address alone/],
    [
      'a missing file that is named like an error',
      ['set', 'a', 'inbound', '/Credential.yaml', '--url', 'http://127.0.0.1:1'],
      1,
      /^\/Credential\.yaml cannot be read/,
    ],
    ['nobody there', ['list', '--url', 'http://127.0.0.1:1'], 1, /could not be reached/],
    ['no credentials', ['list', '--stage', 'dev'], 1, /does not take the credentials/],
    ['no such directory', ['plan', '/nowhere', '--url', 'http://127.0.0.1:1'], 1, /There is no folder/],
    ['no such list', ['import', '/nowhere.csv'], 1, /^\/nowhere\.csv cannot be read: ENOENT/],
    [
      'a limit of all changes',
      ['changes', '--limit', '3', '--url', 'http://127.0.0.1:1'],
      64,
      /--limit goes with an org/,
    ],
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
    ['a page in the place of the service', 200, '<!DOCTYPE html>', /^What answered is not the service, or something/],
    ['an answer that breaks off', 200, '{"items": [', /^What answered is not the service, or something/],
    ['too many requests', 429, { message: 'Too Many Requests' }, /answered 429 Too Many Requests/],
  ])('%s', async (_name, status, body, text) => {
    const headers: Record<string, string> = status === 429 ? { 'retry-after': '0' } : {};
    served.instead = () => ({ status, body, headers });
    const ended = await at('list', '--token', 'x');
    expect([ended.code, ended.err]).toEqual([1, expect.stringMatching(text)]);
    expect(ended.err).not.toMatch(/^\s+at /m);
  });
});

it(
  'a hash that is none, or more than one, is said in the terms of the command',
  async () => {
    // Of 17 hashes two begin with the same letter.
    const first = new Set<string>();
    let shared = '';
    for (let text = 0; text < 17; text += 1) {
      const { body } = await service.put('hashes', 'inbound', withPrompt(String(text)));
      const letter = body.specHash.slice(0, 1);
      if (first.has(letter)) shared = letter;
      first.add(letter);
    }
    const back = async (beginning: string) => await at('rollback', 'hashes', 'inbound', beginning);
    for (const beginning of ['zzz', shared]) {
      const ended = await back(beginning);
      expect([ended.code, ended.out]).toEqual([1, '']);
      const why =
        beginning === 'zzz' ? 'nothing in the history of hashes/inbound' : ' configurations in the history of';
      expect(ended.err).toContain(why);
      expect(ended.err).toContain('vapi-sync history hashes inbound');
    }
    await service.remove('hashes', 'inbound');
  },
  PROCESSES_MS,
);

it('what is wrong is said once: one field in the line of the code, several below it', async () => {
  const one = await at('set', 'a b', 'inbound', file(withPrompt('one')));
  expect(one.err).toMatch(/^VALIDATION_FAILED: orgId: use 1 to 64 [^\n]*\n\(operation /);
  const two = await at('set', 'acme', 'inbound', file({ ...withPrompt('one'), modle: 1, nmae: 'x' }));
  expect(two.err).toMatch(
    /^VALIDATION_FAILED: The request is not valid\n {2}modle: [^\n]*\n {2}nmae: [^\n]*\n\(operation /,
  );
});

/** Runs the command as a shell does, with what stands behind it. */
const inShell = async (line: string) => {
  const [args, ...behind] = line.split(/(?= [|>])/);
  const shell = `"${process.execPath}" --no-warnings cli/bin.js ${args} --url ${served.url} ${behind.join('')}`;
  return await promisify(execFile)('bash', ['-c', shell], { cwd: CHECKOUT });
};

it('output that cannot be written is a failure, and is said', async () => {
  await expect(inShell('list > /dev/full')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^The output is not complete: ENOSPC[^\n]*\n$/),
  });
}, 30_000);

it('stdin may take its time', async () => {
  const stdin = { text: JSON.stringify(withPrompt('late')), afterMs: 3_000 };
  const ended = await cli(['diff', 'late', 'inbound', '-', '--url', served.url], { stdin });
  expect([ended.code, ended.err, ended.out]).toEqual([2, '', 'create late/inbound\n']);
}, 30_000);

it('whoever stops reading is not told that something went wrong', async () => {
  for (let index = 0; index < 40; index += 1) await service.put(`read-${index}`, 'inbound', withPrompt('x'));
  const { stdout, stderr } = await inShell(`list --json | head -c 20; echo "\${PIPESTATUS[0]}"`);
  expect([stdout.slice(0, 13), stdout.trim().at(-1), stderr]).toEqual(
    ['{\n  "items": [', '0', ''].map((text) => text.slice(0, 13)),
  );
});

it(
  'a file is read as one of a directory is: values of the environment, Markdown, mistakes with their lines',
  async () => {
    const directory = temporaryDirectory();
    const write = (name: string, text: string) => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };
    const assistant = 'name: x\nmodel: { provider: openai, model: gpt-4o }\n';
    const hooked = write('hooked.yaml', `${assistant}server: { url: "https://hooks.example/${'$'}{env:HOOK}" }\n`);
    const unset = await at('set', 'files', 'inbound', hooked);
    expect([unset.code, unset.err]).toEqual([1, `${hooked}:3: the environment has no HOOK\n`]);
    const set = await cli(['set', 'files', 'inbound', hooked, '--url', served.url], { env: { HOOK: 'calls' } });
    expect(set).toMatchObject({ code: 0, err: '' });
    expect((await at('get', 'files', 'inbound')).out).toContain('url: https://hooks.example/calls');
    const broken = write('broken.json', '{"name": "x",\n');
    expect((await at('set', 'files', 'inbound', broken)).err).toMatch(/broken\.json:\d: is no YAML or JSON: /);
    const front = `assistant:\n  ${assistant.replace('\n', '\n  ')}`;
    const template = write('desk.md', `---\n${front}---\nYou answer.\n`);
    expect((await at('template', 'set', 'files', template)).out).toBe('created files version 1\n');
    expect((await at('template', 'get', 'files')).out).toContain('content: You answer.');
    await service.remove('files', 'inbound');
  },
  PROCESSES_MS,
);

it('a console on a port that is taken says so', async () => {
  const { port } = new URL(served.url);
  const { code, err } = await at('console', '--port', port);
  expect([code, err]).toEqual([1, `The port ${port} is in use. Name another one with --port.\n`]);
});

it('an import looks for the stage in the region that is named', async () => {
  const list = join(temporaryDirectory(), 'list.csv');
  writeFileSync(list, 'orgId,role,assistantId\nhooli,inbound,7c0e6f5e-3a52-4b4e-9d0f-2f1d6a1b0c02\n');
  const { out } = await cli(['import', list, '--stage', 'dev', '--region', 'us-west-2']);
  expect(out).toContain('for stage dev in us-west-2\n');
});

it('a Vapi of one’s own that is no address is said with the setting', async () => {
  const { code, err } = await cli(['list'], { env: { VAPI_BASE_URL: 'nonsense', VAPI_PRIVATE_KEY: 'x' } });
  expect([code, err]).toEqual([1, 'VAPI_BASE_URL is not a URL. Set it to https://api.vapi.ai, or unset it.\n']);
});

it('a list that cannot be imported is named, with what is wrong', async () => {
  const list = join(temporaryDirectory(), 'list.csv');
  const refusalOf = async (text: string, ...args: string[]) => {
    writeFileSync(list, text);
    const { code, err } = await cli(['import', list, '--stage', 'dev', ...args]);
    return [code, err];
  };
  expect(await refusalOf('')).toEqual([1, `${list}: The first line must name the columns: orgId,role,assistantId\n`]);
  expect(await refusalOf('orgId,role,assistantId\n"hooli,x')).toEqual([1, expect.stringMatching(/list\.csv: Quote/)]);
  expect(await refusalOf('[]', '--seed')).toEqual([64, expect.stringMatching(/^--seed is for the embedded stack/)]);
});

it('a Node that is too old is said', () => {
  // What Node 24 has, and the versions before it have not.
  const older = ['--import', 'data:text/javascript,delete Error.isError'];
  const { status, stderr } = spawnSync(process.execPath, [...older, join(CHECKOUT, 'cli/bin.js'), 'list'], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([1, `vapi-sync needs Node 24 or later, and this is ${process.version}.\n`]);
});

it('docs/cli.md is what the commands say of themselves: npm run generate:docs', () => {
  expect(readFileSync(join(CHECKOUT, 'docs/cli.md'), 'utf8')).toBe(cliDocument(makeProgram()));
});

it('client/schema.ts is made of docs/openapi.yaml: npm run generate:client', () => {
  const program = join(CHECKOUT, 'client/types/node_modules/.bin/openapi-typescript');
  const { stdout } = spawnSync(program, ['docs/openapi.yaml'], { cwd: CHECKOUT, encoding: 'utf8' });
  expect(readFileSync(join(CHECKOUT, 'client/schema.ts'), 'utf8')).toBe(stdout);
});
