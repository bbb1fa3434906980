import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { temporaryDirectory } from '../local/temporary-directory.ts';
import { complaintsAbout } from '../support/api-description.ts';
import { withPrompt } from '../support/configurations.ts';
import type { TestService } from '../support/service.ts';
import { cli, type ServedService, useServed } from './cli-process.ts';

let service: TestService;
let served: ServedService;
useServed((...given) => {
  [served, service] = given;
});

/** A schema of docs/openapi.yaml. */
const component = (name: string) => (value: unknown) =>
  complaintsAbout({ $ref: `#/components/schemas/${name}` }, value);
const listOf = (name: string) => (value: unknown) =>
  z
    .strictObject({ items: z.array(z.unknown()) })
    .parse(value)
    .items.flatMap(component(name));
const own = (schema: z.ZodType) => (value: unknown) => schema.safeParse(value).error?.issues ?? [];

const counts = { create: z.number(), update: z.number(), remove: z.number(), unchanged: z.number() };
const key = { orgId: z.string(), role: z.enum(['inbound', 'outbound']) };
const action = z.enum(['create', 'update', 'remove']);
const plan = z.strictObject({
  ...counts,
  foundations: z.array(
    z.strictObject({ kind: z.enum(['template', 'variables']), name: z.string(), action, file: z.string() }),
  ),
  steps: z.array(
    z.strictObject({
      ...key,
      action,
      file: z.string().nullable(),
      revision: z.number().nullable(),
      changes: z.array(z.unknown()),
    }),
  ),
});
const applied = z.strictObject({
  ...counts,
  applied: z.array(z.strictObject({ ...key, action, outcome: z.string(), detail: z.string().optional() })),
  failed: z.number(),
  notBegun: z.number(),
});
const exported = z.strictObject({
  files: z.array(z.string()),
  assistants: z.number(),
  secrets: z.array(z.string()),
  ambiguous: z.array(z.string()),
  skipped: z.array(z.string()),
  modelless: z.array(z.string()),
  bound: z.array(z.string()),
  empty: z.array(z.string()),
  left: z.array(z.string()),
});
const mistakes = z.strictObject({
  mistakes: z.array(
    z.strictObject({ file: z.string(), line: z.number().optional(), field: z.string().optional(), text: z.string() }),
  ),
});

it('with --json every command prints one document, and that is as its schema says', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'orgs'));
  const write = (name: string, content: object) => {
    writeFileSync(join(directory, name), JSON.stringify(content));
    return join(directory, name);
  };
  write('orgs/json.yaml', { assistants: { outbound: withPrompt('out') } });
  const [one, two] = [write('one.json', withPrompt('one')), write('two.json', withPrompt('two'))];
  const template = write('desk.json', { assistant: withPrompt('desk') });
  const rollout = write('rollout.json', { template: 'desk', version: 1, dryRun: true });
  const started = write('started.json', { template: 'desk', version: 1 });
  const broken = temporaryDirectory();
  mkdirSync(join(broken, 'orgs'));
  writeFileSync(join(broken, 'orgs/x.yaml'), 'nonsense: 1');
  const commands: [string[], (value: unknown) => unknown[]][] = [
    [['set', 'json', 'inbound', one], component('SyncAnswer')],
    [['diff', 'json', 'inbound', two], component('PlanAnswer')],
    [['set', 'json', 'inbound', two], component('SyncAnswer')],
    [['get', 'json', 'inbound'], component('Status')],
    [['status', 'json'], component('AssistantList')],
    [['list'], listOf('Status')],
    [['history', 'json', 'inbound'], component('History')],
    [['changes', 'json'], component('ChangePage')],
    [['changes'], listOf('Change')],
    [['plan', directory], own(plan)],
    [['apply', directory], own(applied)],
    [['plan', broken], own(mistakes)],
    [['export', join(directory, 'copy')], own(exported)],
    [['template', 'set', 'desk', template], component('TemplatePut')],
    [['template', 'get', 'desk'], component('Template')],
    [['template', 'list'], own(z.strictObject({ items: z.array(z.looseObject({ templateId: z.string() })) }))],
    [['template', 'variables', 'json'], own(z.record(z.string(), z.unknown()))],
    [['rollout', 'start', rollout], component('RolloutPlan')],
    [['rollout', 'start', started], component('RolloutStarted')],
    [['rollout', 'list'], component('RolloutPage')],
    [['delete', 'json', 'outbound', '--yes'], own(z.strictObject({ ...key, removed: z.string() }))],
  ];
  for (const [args, complaints] of commands) {
    const { out, err } = await cli([...args, '--json', '--url', served.url]);
    const name = args.slice(0, 2).join(' ');
    expect([name, out === '' ? err : complaints(JSON.parse(out))]).toEqual([name, []]);
    await service.announce();
  }
  const drift = cli(['drift', '--json', '--url', served.url]);
  let hasEnded = false;
  void drift.then(() => {
    hasEnded = true;
  });
  while (!hasEnded) await service.drainQueue();
  expect(component('DriftRunReport')(JSON.parse((await drift).out))).toEqual([]);
}, 120_000);
