import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { temporaryDirectory } from '../local/temporary-directory.ts';
import { call } from '../local/vapi-caller.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import type { TestService } from '../support/service.ts';
import { assistantsOf } from '../support/upstream.ts';
import { cli, type ServedService, useServed } from './cli-process.ts';

const PROCESSES_MS = 240_000;

let service: TestService;
let served: ServedService;
useServed((...given) => {
  [served, service] = given;
});

function directoryOf(files: Readonly<Record<string, unknown>>): string {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'orgs'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, 'orgs', name), typeof content === 'string' ? content : stringify(content));
  }
  return directory;
}

const fleetOf = (orgs: readonly string[], text = 'one') =>
  directoryOf(
    Object.fromEntries(orgs.map((org) => [`${org}.yaml`, { assistants: { inbound: withPrompt(`${org} ${text}`) } }])),
  );
/** Leaves nothing in an exported directory but these files: other tests of this file leave theirs in the service. */
function keepOnly(directory: string, { orgs = [], templates = [] }: { orgs?: string[]; templates?: string[] }): void {
  for (const [folder, kept] of Object.entries({ orgs, templates })) {
    const files = existsSync(join(directory, folder)) ? readdirSync(join(directory, folder)) : [];
    for (const file of files) if (!kept.includes(file)) rmSync(join(directory, folder, file));
  }
}
const at = (...args: string[]) => cli([...args, '--url', served.url]);
const named = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** Runs `plan` or `apply` as a shell does. */
const inShell = async (shell: (command: string) => string, args: string) =>
  await promisify(execFile)('bash', ['-c', shell(`'${process.execPath}' --no-warnings cli/bin.js ${args}`)], {
    cwd: CHECKOUT,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      out: stdout,
      err: stderr,
    }),
  );

it(
  'a plan that fails ends also on a terminal, where a bar is shown',
  async () => {
    served.instead = () => ({ status: 403, body: { message: 'Forbidden' } });
    const terminal = (command: string) => `timeout 60 script -qec "${command}" /dev/null`;
    const { code, out } = await inShell(terminal, `plan ${fleetOf(['barred'])} --url ${served.url}`);
    served.instead = undefined;
    expect([code, out]).toEqual([1, expect.stringContaining('answered 403 Forbidden')]);
  },
  PROCESSES_MS,
);

it(
  'an export is planned as nothing; a hand edit at Vapi is named by its field, and apply puts it right',
  async () => {
    const [org = ''] = named('exported', 1);
    const tools = [{ type: 'function', function: { name: 'book' } }];
    await service.put(
      org,
      'inbound',
      configuration({ tools, server: { url: 'https://x.example', headers: { key: 'k' } } }),
    );
    await service.drainQueue();
    const directory = temporaryDirectory();
    const exported = await at('export', directory);
    expect(exported.code).toBe(0);
    expect(exported.err).toContain('EXPORTED_0_INBOUND_SERVER_HEADERS_KEY');
    keepOnly(directory, { orgs: [`${org}.yaml`] });
    const env = { EXPORTED_0_INBOUND_SERVER_HEADERS_KEY: 'k' };
    const planned = await cli(['plan', directory, '--url', served.url], { env });
    expect([planned.code, planned.out]).toEqual([0, '0 to create, 0 to change, 0 to remove, 1 as they should be\n']);
    const unset = await at('plan', directory);
    expect(unset.err).toMatch(/exported-0\.yaml:\d+: the environment has no EXPORTED_0_INBOUND_SERVER_HEADERS_KEY/);
    expect(unset.code).toBe(1);
    const [live] = assistantsOf(service.vapi, org);
    await call(service.vapi, `PATCH /assistant/${live?.id}`, { body: { firstMessage: 'By hand' } });
    const edited = await cli(['plan', directory, '--url', served.url], { env });
    expect([edited.code, edited.out]).toEqual([2, expect.stringContaining('/firstMessage\n      - By hand\n')]);
    const applied = await cli(['apply', directory, '--url', served.url, '--json'], { env });
    expect(JSON.parse(applied.out)).toMatchObject({
      update: 1,
      failed: 0,
      applied: [{ orgId: org, outcome: 'updated' }],
    });
  },
  PROCESSES_MS,
);

it(
  'an export says which names of the environment stand for several secrets',
  async () => {
    const server = { url: 'https://x.example', headers: { 'x-key': 'one', x_key: 'two' } };
    await service.put('two-keys', 'inbound', configuration({ server }));
    const { code, err } = await at('export', temporaryDirectory());
    expect([code, err]).toEqual([
      0,
      expect.stringContaining('TWO_KEYS_INBOUND_SERVER_HEADERS_X_KEY stands for several secrets'),
    ]);
    await service.remove('two-keys', 'inbound');
  },
  PROCESSES_MS,
);

it(
  'a secret of an organisation whose id begins with a digit has a name of the environment, too',
  async () => {
    const server = { url: 'https://x.example', headers: { key: 'k' } };
    await service.put('7f3a', 'inbound', configuration({ server }));
    const directory = temporaryDirectory();
    const exported = await at('export', directory);
    expect([exported.code, exported.err]).toEqual([0, expect.stringContaining('_7F3A_INBOUND_SERVER_HEADERS_KEY')]);
    keepOnly(directory, { orgs: ['7f3a.yaml'] });
    const env = { _7F3A_INBOUND_SERVER_HEADERS_KEY: 'k' };
    const planned = await cli(['plan', directory, '--url', served.url], { env });
    expect([planned.code, planned.out]).toEqual([0, '0 to create, 0 to change, 0 to remove, 1 as they should be\n']);
    await service.remove('7f3a', 'inbound');
  },
  PROCESSES_MS,
);

it(
  'every mistake is named with file and line, all at once, and nothing is applied',
  async () => {
    const directory = directoryOf({
      'broken.yaml': 'assistants:\n  inbound: [1\n',
      'unknown-field.yaml': 'assistants: {}\nvariabels: {}\n',
      'no-role.yaml': 'assistants:\n  inbond:\n    name: x\n',
      'hidden.yaml': 'assistants:\n  inbound:\n    name: x\n    server:\n      headers: "[hidden]"\n',
      'odd-name.yaml': 'assistants:\n  inbound:\n    name: "${env:7F3A KEY}"\n',
      'not a yaml.txt': 'x',
      '-odd.yaml': 'assistants: {}\n',
      'good.yaml': { assistants: { inbound: withPrompt('good') } },
      'good.yml': { assistants: { inbound: withPrompt('another') } },
    });
    mkdirSync(join(directory, 'orgs', 'folder.yaml'));
    symlinkSync('/nowhere', join(directory, 'orgs', 'link.yaml'));
    mkdirSync(join(directory, 'templates'));
    writeFileSync(
      join(directory, 'templates', 'desk.md'),
      `---\nassistant: {name: x}\n---\nYou answer.\nThe key is \${env:NOT_THERE}.\nIt was [hidden].\n`,
    );
    const { code, err } = await at('apply', directory);
    expect(code).toBe(1);
    const lines = err.split('\n').map((line) => line.replace(`${directory}/orgs/`, ''));
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^broken\.yaml:\d: is no YAML/),
        expect.stringMatching(/^unknown-field\.yaml:2: variabels: /),
        expect.stringMatching(/^no-role\.yaml:3: assistants\.inbond: /),
        expect.stringMatching(/^hidden\.yaml:5: \[hidden\] stands for a secret; write \S+ in its place$/),
        'odd-name.yaml:3: "7F3A KEY" is no name of the environment: use letters, digits and _, not beginning with a digit',
        'not a yaml.txt: is not an organisation: name it <id>.yaml',
        expect.stringMatching(/^-odd\.yaml: "-odd" is no id of an organisation; use 1 to 64 letters/),
        'good.yml: is of the same id as good.yaml; remove one of them',
        'folder.yaml: is no file; a file must be here, or a link to one',
        'link.yaml: cannot be read (ENOENT); a file must be here, or a link to one',
        expect.stringMatching(/templates\/desk\.md:5: the environment has no NOT_THERE$/),
        expect.stringMatching(/templates\/desk\.md:6: \[hidden\] stands for a secret/),
        '12 mistakes: nothing is applied.',
      ]),
    );
    expect(assistantsOf(service.vapi, 'good')).toEqual([]);
  },
  PROCESSES_MS,
);

it(
  'a file is the same with the line ends and the byte order mark of Windows',
  async () => {
    const directory = directoryOf({});
    mkdirSync(join(directory, 'templates'));
    const text = `---\nassistant:\n  model: {provider: openai, model: gpt-4o}\n---\nLine one.\nLine two.\n`;
    const file = join(directory, 'templates', 'ends.md');
    writeFileSync(file, text);
    expect((await at('apply', directory)).code).toBe(0);
    writeFileSync(file, `\uFEFF${text.replaceAll('\n', '\r\n')}`);
    expect(await at('plan', directory)).toMatchObject({ code: 0, err: '' });
  },
  PROCESSES_MS,
);

it(
  'what the service refuses is a mistake at its line too',
  async () => {
    const directory = directoryOf({
      'refused.yaml': 'assistants:\n  inbound:\n    name: x\n    model:\n      provider: openai\n    nonsense: 1\n',
      'fine.yaml': { assistants: { inbound: withPrompt('fine') } },
    });
    const { code, err } = await at('apply', directory);
    expect([code, err]).toEqual([1, expect.stringMatching(/refused\.yaml:6: assistants\.inbound\.nonsense: /)]);
    expect(assistantsOf(service.vapi, 'fine')).toEqual([]);
  },
  PROCESSES_MS,
);

it(
  'what the service refuses of templates and values is named by `plan`, and `apply` makes none of them',
  async () => {
    const directory = directoryOf({
      'valued.yaml': 'assistants: {}\nvariables:\n  fine: 1\n  1bad: 2\n',
      'bound.yaml': { assistants: { inbound: { template: 'wrong' } } },
    });
    mkdirSync(join(directory, 'templates'));
    const write = (name: string, text: string) => writeFileSync(join(directory, 'templates', name), text);
    write('first.yaml', 'assistant:\n  model: {provider: openai, model: gpt-4o}\n');
    write('wrong.yaml', 'variabels: {}\nassistant:\n  name: [x]\n  model: {provider: openai, model: gpt-4o}\n');
    for (const command of ['plan', 'apply']) {
      const { code, err } = await at(command, directory);
      const lines = err.split('\n').map((line) => line.replace(`${directory}/`, ''));
      expect([code, lines]).toEqual([
        1,
        [
          expect.stringMatching(/^templates\/wrong\.yaml:1: variabels: /),
          'templates/wrong.yaml:3: assistant.name: must be a string',
          expect.stringMatching(/^orgs\/valued\.yaml:4: variables\.1bad: /),
          '3 mistakes: nothing is applied.',
          '',
        ],
      ]);
    }
    expect((await at('template', 'get', 'first')).code).toBe(1);
  },
  PROCESSES_MS,
);

it(
  'an organisation that cannot be planned is named by its file, and hides no other',
  async () => {
    service.secrets.put(service.secretName('bad-key'), { apiKey: '' });
    const directory = fleetOf(['bad-key', 'good-key']);
    const { code, err } = await at('plan', directory);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/bad-key\.yaml:\d: assistants\.inbound: CREDENTIALS_INVALID/),
    ]);
  },
  PROCESSES_MS,
);

it(
  'an assistant that is as it should be is bound all the same',
  async () => {
    await service.put('unbound', 'inbound', configuration());
    const directory = directoryOf({ 'unbound.yaml': { assistants: { inbound: { template: 'same' } } } });
    mkdirSync(join(directory, 'templates'));
    writeFileSync(join(directory, 'templates', 'same.yaml'), stringify({ assistant: configuration() }));
    await at('template', 'set', 'same', join(directory, 'templates', 'same.yaml'));
    expect(await at('plan', directory)).toMatchObject({
      code: 2,
      out: expect.stringContaining('unbound.yaml: its binding changes)'),
    });
    expect((await at('apply', directory)).code).toBe(0);
    expect((await service.get('unbound', 'inbound')).body.template).toEqual({ id: 'same', version: 1 });
    expect((await at('plan', directory)).code).toBe(0);
  },
  PROCESSES_MS,
);

it(
  'what a verification has at the moment is neither removed nor exported: it removes it itself',
  async () => {
    const org = 'verify-under-way';
    const verification = service.anotherEnvironment({ isVerification: true });
    await verification.put(org, 'inbound', configuration());
    const planned = await at('plan', fleetOf(['beside']), '--prune', '--json');
    expect(planned.out).not.toContain(org);
    const directory = temporaryDirectory();
    expect((await at('export', directory)).code).toBe(0);
    expect(readdirSync(join(directory, 'orgs')).filter((file) => file.startsWith(org))).toEqual([]);
    await verification.remove(org, 'inbound');
  },
  PROCESSES_MS,
);

it(
  '--prune removes what is in no file, and asks before',
  async () => {
    const directory = fleetOf(['kept']);
    await service.put('kept', 'inbound', withPrompt('kept one'));
    await service.put('kept', 'outbound', withPrompt('gone'));
    const planned = await at('plan', directory, '--prune', '--json');
    const { steps } = JSON.parse(planned.out);
    expect(steps).toContainEqual({
      orgId: 'kept',
      role: 'outbound',
      action: 'remove',
      file: null,
      revision: 1,
      changes: [],
    });
    const unasked = await at('apply', directory, '--prune');
    expect([unasked.code, unasked.err]).toEqual([64, expect.stringContaining('Say --yes')]);
    expect(assistantsOf(service.vapi, 'kept')).toHaveLength(2);
    expect((await at('apply', directory, '--prune', '--yes')).code).toBe(0);
    expect(assistantsOf(service.vapi, 'kept')).toHaveLength(1);
  },
  PROCESSES_MS,
);

it(
  'an export says which files it left, as apply would make again what they ask for, and which ones plan refuses',
  async () => {
    await service.put('over', 'inbound', withPrompt('one'));
    await fetch(`${served.url}/orgs/modelless/assistants/inbound?allowEmpty=true`, { method: 'PUT', body: '{}' });
    const directory = directoryOf({ 'over.yml': 'assistants: {}', 'gone.yaml': 'assistants: {}', '.gitkeep': '' });
    const { code, err } = await at('export', directory, '--yes');
    expect(code).toBe(0);
    for (const name of ['over.yml', 'gone.yaml']) expect(err).toContain(`${name} was there before: `);
    expect(err.match(/was there before/g)).toHaveLength(2);
    expect(err).toContain('modelless/inbound has no model: plan and apply refuse its file until it names one\n');
    for (const org of ['over', 'modelless']) await service.remove(org, 'inbound');
  },
  PROCESSES_MS,
);

it(
  'an export that finds no more room leaves no half of a file, which could be applied',
  async () => {
    await service.put('roomy', 'inbound', withPrompt('A line of the prompt\n'.repeat(2_000)));
    const directory = directoryOf({ 'roomy.yaml': 'assistants: {}' });
    const limited = (command: string) => `ulimit -f 8; ${command}`;
    const { code, err } = await inShell(limited, `export ${directory} --yes --url ${served.url}`);
    expect([code, err]).toEqual([1, expect.stringMatching(/^\S+\/roomy\.yaml cannot be written: EFBIG/)]);
    expect(readdirSync(join(directory, 'orgs')).filter((name) => name.includes('roomy'))).toEqual(['roomy.yaml']);
    expect(readFileSync(join(directory, 'orgs', 'roomy.yaml'), 'utf8')).toBe('assistants: {}');
    await service.remove('roomy', 'inbound');
  },
  PROCESSES_MS,
);

it(
  'texts that look like a value of the environment are exported, and planned as nothing',
  async () => {
    const text = 'Say ${env:HOME} and $${env:HOME}.';
    await service.put('literal', 'inbound', { ...withPrompt('one'), firstMessage: text, metadata: { [text]: text } });
    const template = join(temporaryDirectory(), 'literal.json');
    writeFileSync(template, JSON.stringify({ assistant: withPrompt('Say $$${env:HOME}') }));
    expect((await at('template', 'set', 'literal', template)).code).toBe(0);
    const directory = temporaryDirectory();
    expect((await at('export', directory)).code).toBe(0);
    for (const file of readdirSync(join(directory, 'orgs'))) {
      if (file !== 'literal.yaml') rmSync(join(directory, 'orgs', file));
    }
    for (const file of readdirSync(join(directory, 'templates'))) {
      if (file !== 'literal.yaml') rmSync(join(directory, 'templates', file));
    }
    expect(await at('plan', directory)).toMatchObject({ code: 0, err: '' });
    await service.remove('literal', 'inbound');
  },
  PROCESSES_MS,
);

it(
  'templates and values are made before what is bound to them; a change of the template reaches all, and an export is planned as nothing',
  async () => {
    const directory = directoryOf({
      'north.yaml': { variables: { clinic: 'North' }, assistants: { inbound: { template: 'desk' } } },
      'south.yaml': { variables: { clinic: 'South' }, assistants: { inbound: { template: 'desk' } } },
    });
    mkdirSync(join(directory, 'templates'));
    const name = '$' + '{clinic}';
    const write = (firstMessage: string) =>
      writeFileSync(
        join(directory, 'templates', 'desk.md'),
        `---\nroles: [inbound]\nvariables:\n  clinic: {type: string, required: true}\nassistant:\n  name: "${name}"\n  firstMessage: ${firstMessage}\n  model: {provider: openai, model: gpt-4o}\n  voice: {provider: azure, voiceId: emma}\n---\nYou answer for ${name}.\n`,
      );
    write('Hello');
    const planned = await at('plan', directory, '--json');
    expect(planned).toMatchObject({ code: 2, err: '' });
    expect(
      JSON.parse(planned.out).foundations.map(
        ({ kind, name: what }: { kind: string; name: string }) => `${kind} ${what}`,
      ),
    ).toEqual(['template desk', 'variables north', 'variables south']);
    expect(await at('apply', directory)).toMatchObject({ code: 0, err: '' });
    expect(await at('plan', directory)).toMatchObject({ code: 0, err: '' });
    expect(assistantsOf(service.vapi, 'north')).toMatchObject([
      { name: 'North', model: { messages: [{ content: 'You answer for North.' }] } },
    ]);
    write('Good morning');
    expect((await at('plan', directory)).out).toContain('desk.md)\n~ update north/inbound');
    expect((await at('apply', directory)).code).toBe(0);
    for (const org of ['north', 'south'])
      expect(assistantsOf(service.vapi, org)).toMatchObject([{ firstMessage: 'Good morning' }]);
    const copy = temporaryDirectory();
    await at('export', copy);
    keepOnly(copy, { orgs: ['north.yaml', 'south.yaml'], templates: ['desk.yaml'] });
    expect(await at('plan', copy)).toMatchObject({ code: 0, err: '' });
    writeFileSync(join(directory, 'templates', 'bad.md'), 'no front matter');
    expect((await at('apply', directory)).err).toContain('bad.md:1: has no front matter');
  },
  PROCESSES_MS,
);

it(
  'secrets of templates and values are exported as names of the environment; another one is a change, and is not shown',
  async () => {
    const directory = directoryOf({
      'keyed.yaml': { variables: { hookToken: 'one' }, assistants: { inbound: { template: 'keyed' } } },
    });
    mkdirSync(join(directory, 'templates'));
    writeFileSync(
      join(directory, 'templates', 'keyed.md'),
      `---\nvariables:\n  hookToken: {type: string}\nassistant:\n  model: {provider: openai, model: gpt-4o}\n  server: {url: 'https://x.example', headers: {x-hook: '$\{hookToken}', x-key: hush}}\n---\nYou answer.\n`,
    );
    expect(await at('apply', directory)).toMatchObject({ code: 0, err: '' });
    const copy = temporaryDirectory();
    const exported = await at('export', copy);
    const names = ['KEYED_ASSISTANT_SERVER_HEADERS_X_KEY', 'KEYED_HOOKTOKEN'];
    for (const name of names) expect(exported.err).toContain(name);
    keepOnly(copy, { orgs: ['keyed.yaml'], templates: ['keyed.yaml'] });
    expect(readFileSync(join(copy, 'templates', 'keyed.yaml'), 'utf8')).toContain('x-hook: ${hookToken}');
    const planWith = async (token: string) =>
      await cli(['plan', copy, '--url', served.url], {
        env: {
          KEYED_ASSISTANT_SERVER_HEADERS_X_KEY: 'hush',
          KEYED_INBOUND_SERVER_HEADERS_X_KEY: 'hush',
          KEYED_INBOUND_SERVER_HEADERS_X_HOOK: 'one',
          KEYED_HOOKTOKEN: token,
        },
      });
    expect(await planWith('one')).toMatchObject({ code: 0, err: '' });
    const changed = await planWith('other');
    expect(changed).toMatchObject({ code: 2, out: expect.stringContaining('keyed') });
    expect(changed.out + changed.err).not.toMatch(/hush|other/);
  },
  PROCESSES_MS,
);

// The last ones: each export and each removal of others would go through all of theirs, too.
it(
  'whoever stops reading does not stop what is applied, and a plan with changes ends with 2 nevertheless',
  async () => {
    const directory = fleetOf(named('unread', 120));
    const unread = (args: string) => inShell((command) => `set -o pipefail; ${command} | head -1`, args);
    expect((await unread(`plan ${directory} --url ${served.url}`)).code).toBe(2);
    expect((await unread(`apply ${directory} --url ${served.url}`)).code).toBe(0);
    expect(await at('plan', directory)).toMatchObject({ code: 0 });
  },
  PROCESSES_MS,
);

it(
  'a directory of 200 organisations is planned and applied; interrupted, it says how far it came, and repeating completes it',
  async () => {
    const orgs = named('fleet', 200);
    const directory = fleetOf(orgs);
    const planned = await at('plan', directory);
    expect([planned.code, planned.out.split('\n').at(-2)]).toEqual([
      2,
      '200 to create, 0 to change, 0 to remove, 0 as they should be',
    ]);
    const stopWith = async (signal: NodeJS.Signals) => {
      let isSent = false;
      return await cli(['apply', directory, '--url', served.url], {
        onOutput: (text, kill) => {
          if (isSent || text.split('\ncreated ').length <= 20) return;
          isSent = true;
          kill(signal);
        },
      });
    };
    const interrupted = await stopWith('SIGINT');
    expect(interrupted.code).toBe(130);
    const [, done = ''] = /^(\d+) of 200 applied$/m.exec(interrupted.out) ?? [];
    expect(Number(done)).toBeGreaterThanOrEqual(20);
    expect(Number(done)).toBeLessThan(200);
    expect((await stopWith('SIGKILL')).code).toBeNull();
    expect((await at('apply', directory)).code).toBe(0);
    expect(await at('plan', directory)).toMatchObject({ code: 0 });
    for (const org of orgs) expect(assistantsOf(service.vapi, org)).toHaveLength(1);
  },
  // Five commands that go through all of them.
  3 * PROCESSES_MS,
);
