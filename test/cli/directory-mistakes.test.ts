import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../local/temporary-directory.ts';
import { withPrompt } from '../support/configurations.ts';
import type { TestService } from '../support/service.ts';
import { assistantsOf } from '../support/upstream.ts';
import { cli, type ServedService, useServed } from './cli-process.ts';

const PROCESSES_MS = 120_000;

let service: TestService;
let served: ServedService;
useServed((...given) => {
  [served, service] = given;
});

/** A directory with these files, by their paths in it. */
function directoryOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const directory = temporaryDirectory();
  for (const folder of ['orgs', 'templates']) mkdirSync(join(directory, folder));
  for (const [path, content] of Object.entries(files)) writeFileSync(join(directory, path), content);
  return directory;
}

const at = (...args: string[]) => cli([...args, '--url', served.url]);

/** The lines that `apply` says of a directory, with paths in it. */
async function mistakesOf(directory: string): Promise<string[]> {
  const { code, err, out } = await at('apply', directory);
  expect([code, out]).toEqual([1, '']);
  return err
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(`${directory}/`, ''));
}

const MODEL = 'model: { provider: openai, model: gpt-4o }';
const desk = (text: string) =>
  `variables:\n  clinic: { type: string, required: true }\nassistant:\n  name: ${text}\n  ${MODEL}\n`;
const bound = (template: string, more = '') => `assistants:\n  inbound:\n    template: ${template}\n${more}`;

it(
  'a binding to a template that the same plan makes is checked with it',
  async () => {
    const directory = directoryOf({
      'templates/ahead.yaml': `roles: [inbound]\n${desk('${clinic}')}`,
      'orgs/ahead-a.yaml': bound('ahead'),
      'orgs/ahead-b.yaml': `variables: { clinic: 3 }\n${bound('ahead')}`,
      'orgs/ahead-c.yaml': `variables: { clinic: C }\n${bound('ahead', '    version: 2\n')}`,
      'orgs/ahead-d.yaml': bound('ahead', '    variables:\n      clinic: D\n      clinc: D\n'),
      'orgs/ahead-e.yaml': `variables: { clinic: E }\n${bound('ahead').replace('inbound', 'outbound')}`,
      'orgs/ahead-f.yaml': `variables: { clinic: ${'F'.repeat(41)} }\n${bound('ahead')}`,
      'orgs/ahead-g.yaml': `variables: { clinic: G }\n${bound('ahead', '    name: G\n')}`,
      'orgs/ahead-h.yaml': `variables: { clinic: H }\n${bound('ahead', '    version: 1\n')}`,
    });
    const file = (org: string) => `orgs/ahead-${org}.yaml`;
    expect((await mistakesOf(directory)).toSorted()).toEqual([
      '7 mistakes: nothing is applied.',
      `${file('a')}:3: assistants.inbound.variables.clinic: is required; give a value`,
      expect.stringMatching(/ahead-b\.yaml:\d: .*the value of the organisation must be of the type string$/),
      expect.stringMatching(/ahead-c\.yaml:\d: .*There is no version 2 of a template ahead/),
      `${file('d')}:6: assistants.inbound.variables.clinc: version 1 of ahead has no such variable; remove it`,
      expect.stringMatching(
        /ahead-e\.yaml:\d: assistants\.outbound\.template: ahead is for inbound, not for outbound$/,
      ),
      expect.stringMatching(/ahead-f\.yaml:\d: assistants\.inbound\.name: use at most 40 characters$/),
      expect.stringMatching(/ahead-g\.yaml:\d: assistants\.inbound\.name: cannot stand beside `template`/),
    ]);
    expect(JSON.parse((await at('template', 'list', '--json')).out).items).toEqual([]);
  },
  PROCESSES_MS,
);

it(
  'what a file of an organisation must not hold is said with what it may hold',
  async () => {
    const directory = directoryOf({
      'orgs/empty.yaml': '\n',
      'orgs/list.yaml': '- inbound\n',
      'orgs/only-values.yaml': 'variables: 3\n',
      'orgs/roles.yaml': 'assistants:\n  middle: {}\n  upper: {}\n',
      'orgs/text.yaml': 'assistants:\n  inbound: x\n',
      'orgs/unknown.yaml': 'assistants: {}\nassistant: {}\n',
    });
    expect(await mistakesOf(directory)).toEqual([
      'orgs/empty.yaml:1: is empty; `assistants: {}` says that there is none',
      'orgs/list.yaml:1: must be an object with `assistants`',
      'orgs/only-values.yaml:1: variables: must be an object of names and values',
      'orgs/only-values.yaml:1: assistants: is missing; `assistants: {}` says that there is none',
      'orgs/roles.yaml:2: assistants.middle: is no role; use inbound or outbound',
      'orgs/roles.yaml:3: assistants.upper: is no role; use inbound or outbound',
      'orgs/text.yaml:2: assistants.inbound: must be a configuration, as PUT takes it',
      'orgs/unknown.yaml:2: assistant: unknown field; a file has `assistants` and `variables`',
      '8 mistakes: nothing is applied.',
    ]);
  },
  PROCESSES_MS,
);

it(
  'what YAML has and JSON has not is named, and never sent as something else',
  async () => {
    const desk = (more: string) => `assistants:\n  inbound:\n    ${MODEL}\n${more}`;
    const directory = directoryOf({
      'orgs/alias.yaml': 'assistants: *nowhere\n',
      'orgs/bytes.yaml': desk('    firstMessage: !!binary aGVsbG8=\n'),
      'orgs/circle.yaml': desk('    metadata: &all\n      all: [*all]\n'),
      'orgs/digits.yaml': desk('    metadata: { customer: 12345678901234567890, exact: 9007199254740994 }\n'),
      'orgs/nan.yaml': desk('    metadata:\n      rate: .nan\n      most: [1, .inf]\n'),
      'orgs/tag.yaml': desk('    server:\n      url: https://x.example\n      secret: !env HOOK_KEY\n'),
      'orgs/set.yaml': 'assistants:\n  inbound: !!set { model }\n',
      'templates/twice.md': '---\nassistant:\n  metadata: { a: !!set { b } }\n---\nHello\n',
    });
    const strange = 'is nothing that JSON has; write it as a text';
    expect((await mistakesOf(directory)).toSorted()).toEqual([
      '9 mistakes: nothing is applied.',
      'orgs/alias.yaml:1: *nowhere stands for nothing; write what it stands for, or &nowhere before it',
      `orgs/bytes.yaml:4: assistants.inbound.firstMessage: ${strange}`,
      `orgs/circle.yaml:5: assistants.inbound.metadata.all.0: ${strange}`,
      'orgs/digits.yaml:4: 12345678901234567890 has more digits than a number keeps; write it as a text',
      'orgs/nan.yaml:5: .nan is no number that JSON has; give another value',
      'orgs/nan.yaml:6: .inf is no number that JSON has; give another value',
      `orgs/set.yaml:2: assistants.inbound: ${strange}`,
      'orgs/tag.yaml:6: a tag (!) says nothing here; write the value itself, or ${env:NAME} for a secret',
      `templates/twice.md:3: assistant.metadata.a: ${strange}`,
    ]);
  },
  PROCESSES_MS,
);

it(
  'a file that cannot be read as one is said with what to do',
  async () => {
    const long = 'x'.repeat(65);
    const form = 'use 1 to 64 letters, digits, dots, underscores or hyphens, starting with a letter or digit';
    const directory = directoryOf({
      'orgs/.gitkeep': '',
      'orgs/gl\u00f6bex.yaml': 'assistants: {}\n',
      [`orgs/${long}.yaml`]: 'assistants: {}\n',
      'orgs/latin1.yaml': Buffer.from(`assistants:\n  inbound:\n    name: Gl\u00f6bex\n    ${MODEL}\n`, 'latin1'),
      'orgs/several.yaml': 'assistants: {}\n---\nassistants: {}\n',
      'orgs/twice.yaml': `assistants:\n  inbound:\n    name: A\n    ${MODEL}\n    name: B\n`,
      'orgs/utf16.yaml': Buffer.from('\ufeffassistants: {}\n', 'utf16le'),
      'orgs/vacant.yaml': `assistants:\n  inbound:\n    name: ${'$'}{env:VACANT}\n    ${MODEL}\n`,
    });
    execFileSync('mkfifo', [join(directory, 'orgs/pipe.yaml')]);
    const { err } = await cli(['plan', directory, '--url', served.url], { env: { VACANT: '' } });
    const lines = err.trimEnd().replaceAll(`${directory}/`, '').split('\n');
    expect(lines.toSorted()).toEqual(
      [
        `orgs/gl\u00f6bex.yaml: "gl\u00f6bex" is no id of an organisation; ${form}`,
        `orgs/${long}.yaml: "${long}" is no id of an organisation; ${form}`,
        'orgs/latin1.yaml: is no UTF-8; save it in that encoding',
        'orgs/pipe.yaml: is no file; a file must be here, or a link to one',
        'orgs/several.yaml:2: holds several documents; take out the line `---`, or make a file of each',
        'orgs/twice.yaml:5: this name is there twice; remove one of them',
        'orgs/utf16.yaml: is no UTF-8; save it in that encoding',
        'orgs/vacant.yaml:3: VACANT is empty in the environment; give it a value',
        '8 mistakes: nothing is applied.',
      ].toSorted(),
    );
    const file = join(directory, 'orgs/latin1.yaml');
    const set = await at('set', 'latin1', 'inbound', file);
    expect([set.code, set.err]).toEqual([1, `${file} cannot be read: it is no UTF-8; save it in that encoding\n`]);
  },
  PROCESSES_MS,
);

it(
  'what YAML has and JSON has not is a mistake at its line, and what is wrong with a whole configuration is said of it',
  async () => {
    const odd = (more: string) => `assistants:\n  inbound:\n    ${MODEL}\n    ${more}\n`;
    const alias = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(`*${of}`).join(', ')}]`;
    const directory = directoryOf({
      'orgs/alias.yaml': odd('name: *nowhere'),
      'orgs/bomb.yaml': `a: &a [1]\n${alias('b', 'a')}\n${alias('c', 'b')}\n${alias('d', 'c')}\nassistants: {}\n`,
      'orgs/infinite.yaml': odd('metadata: { n: .inf, o: 1e999 }'),
    });
    expect(await mistakesOf(directory)).toEqual([
      'orgs/alias.yaml:4: *nowhere stands for nothing; write what it stands for, or &nowhere before it',
      'orgs/bomb.yaml:1: names the same things (&, *) too often; write them out',
      'orgs/infinite.yaml:4: .inf is no number that JSON has; give another value',
      'orgs/infinite.yaml:4: 1e999 is no number that JSON has; give another value',
      '4 mistakes: nothing is applied.',
    ]);
    const whole = directoryOf({
      'orgs/large.yaml': odd(`firstMessage: ${'x'.repeat(300_000)}`),
      'orgs/verify-1.yaml': odd('name: x'),
    });
    expect(await mistakesOf(whole)).toEqual([
      expect.stringMatching(/^orgs\/large\.yaml:3: assistants\.inbound: larger than 262144 bytes;/),
      expect.stringMatching(/^orgs\/verify-1\.yaml:3: assistants\.inbound: names that begin with verify-/),
      '2 mistakes: nothing is applied.',
    ]);
  },
  PROCESSES_MS,
);

it(
  'what is no such directory is said with what to name',
  async () => {
    const directory = directoryOf({ 'orgs/one.yaml': 'assistants: {}\n' });
    const [folder, file] = [join(directory, 'orgs'), join(directory, 'orgs/one.yaml')];
    expect((await at('plan', folder)).err).toBe(
      `There is no folder ${folder}/orgs. Name the directory around it: ${directory}\n`,
    );
    for (const command of ['plan', 'export'])
      expect(await at(command, file)).toEqual({ code: 1, out: '', err: `${file} is a file. Name a directory.\n` });
    const { code, err } = await at('export', join(directory, 'other'), '--org', 'nobody');
    expect([code, err]).toEqual([0, 'nobody has no assistant: its file says so\n']);
  },
  PROCESSES_MS,
);

it(
  'a template in Markdown may end with its front matter, and has no system message then',
  async () => {
    const front = (more: string) => `---\nassistant:\n  name: x\n  ${MODEL}\n---${more}`;
    const directory = directoryOf({ 'templates/ends.md': front(''), 'templates/blank.md': front('\n\n') });
    expect(await at('apply', directory)).toMatchObject({ code: 0 });
    for (const name of ['ends', 'blank']) {
      const { out } = await at('template', 'get', name, '--json');
      expect(JSON.parse(out).assistant.model).toEqual({ provider: 'openai', model: 'gpt-4o' });
    }
  },
  PROCESSES_MS,
);

it(
  'a change of a template is shown field by field, and a binding that is missing is a step',
  async () => {
    const template = (text: string) => `assistant:\n  name: x\n  firstMessage: ${text}\n  ${MODEL}\n`;
    const files = { 'templates/shown.yaml': template('Hello'), 'orgs/shown.yaml': bound('shown') };
    const directory = directoryOf(files);
    await service.put('shown', 'inbound', { ...withPrompt('x'), name: 'x' });
    expect((await at('apply', directory)).code).toBe(0);
    writeFileSync(join(directory, 'templates/shown.yaml'), template('Good morning'));
    const planned = await at('plan', directory);
    expect([planned.code, planned.out]).toEqual([2, expect.stringContaining('    - Hello\n      + Good morning\n')]);
    expect((await at('apply', directory)).code).toBe(0);

    const { configuration } = JSON.parse((await at('get', 'shown', 'inbound', '--json')).out);
    await service.put('shown', 'inbound', configuration);
    expect((await service.get('shown', 'inbound')).body.template).toBeNull();
    const unbound = await at('plan', directory);
    expect([unbound.code, unbound.out]).toEqual([2, expect.stringContaining('~ update shown/inbound (')]);
    expect(unbound.out).toContain('its binding changes');
    expect((await at('apply', directory)).code).toBe(0);
    expect((await service.get('shown', 'inbound')).body.template).toEqual({ id: 'shown', version: 2 });
    expect(await at('plan', directory)).toMatchObject({ code: 0 });
    expect(assistantsOf(service.vapi, 'shown')).toHaveLength(1);
  },
  PROCESSES_MS,
);

it(
  'an export says what it left out and what was bound, and asks before it writes over files',
  async () => {
    await service.invoke('templates', {
      version: '2.0',
      routeKey: 'PUT /templates/{templateId}',
      requestContext: { http: { method: 'PUT' } },
      pathParameters: { templateId: 'greeting' },
      body: JSON.stringify({ assistant: { ...withPrompt('x'), name: 'x' } }),
    });
    await service.put('bound', 'inbound', { template: 'greeting' });
    const directory = temporaryDirectory();
    const exported = await at('export', directory);
    expect([exported.code, exported.err]).toEqual([
      0,
      expect.stringContaining('bound/inbound is bound to a template: its configuration was written'),
    ]);
    writeFileSync(join(directory, 'orgs/bound.yaml'), bound('greeting'));
    const again = await at('export', directory);
    expect([again.code, again.err]).toEqual([
      64,
      expect.stringMatching(/already, and may be written over\. Say --yes/),
    ]);
    expect(readFileSync(join(directory, 'orgs/bound.yaml'), 'utf8')).toBe(bound('greeting'));
    expect((await at('export', directory, '--yes')).code).toBe(0);
    expect(readFileSync(join(directory, 'orgs/bound.yaml'), 'utf8')).not.toBe(bound('greeting'));
  },
  PROCESSES_MS,
);
