import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { type components, orThrow } from '../../client/index.ts';
import { contentIn } from '../arguments.ts';
import { EXIT } from '../exit.ts';
import { keepAsking } from '../keep-asking.ts';
import type { Column, Output } from '../output.ts';
import { pagesOf } from '../pages.ts';
import { action, type Call } from '../run.ts';

type Rollout = components['schemas']['Rollout'];

type RolloutRequest = components['schemas']['RolloutRequest'];
type RolloutPlan = components['schemas']['RolloutPlan'];
type Target = components['schemas']['RolloutTargetPage']['items'][number];
type TargetState = Target['state'];

interface StartOptions {
  watch?: boolean;
  dryRun?: boolean;
}

/** The pause between two looks, in ms. */
const PAUSE_MS = 1_000;

const COLUMNS: readonly Column<Rollout>[] = [
  { title: 'Rollout', of: ({ rolloutId }) => rolloutId },
  { title: 'Template', of: ({ template, version }) => `${template} ${version}` },
  { title: 'State', of: ({ state }) => state },
  { title: 'Wave', of: ({ wave, waves }) => `${wave}/${waves.length}` },
  { title: 'Targets', of: ({ targets }) => targets },
  { title: 'Failed', of: ({ counts }) => counts.failed },
];

const PLAN_COLUMNS: readonly Column<RolloutPlan['items'][number]>[] = [
  { title: 'Organisation', of: ({ orgId }) => orgId },
  { title: 'Role', of: ({ role }) => role },
  { title: 'Wave', of: ({ wave }) => wave },
  { title: 'Plan', of: ({ plan }) => plan },
  { title: 'Changes', of: ({ changes, detail }) => detail ?? changes.map(({ path }) => path).join(' ') },
];

const TARGET_COLUMNS: readonly Column<Target>[] = [
  { title: 'Organisation', of: ({ orgId }) => orgId },
  { title: 'Role', of: ({ role }) => role },
  { title: 'Wave', of: ({ wave }) => wave },
  { title: 'State', of: ({ state }) => state },
  { title: 'Why', of: ({ code, detail }) => [code, detail].filter(Boolean).join(': ') },
];

/** The commands for rollouts of templates. */
export function addRolloutCommands(program: Command): void {
  const rollout = new Command('rollout').description('Brings all that are bound to a template to a version, in waves');
  rollout.command('list').description('The newest rollouts').action(action(list));
  rollout
    .command('start <file>')
    .description('Starts one as a YAML or JSON file says (docs/rollouts.md)')
    .option('--watch', 'and watches it to its end')
    .option('--dry-run', 'shows what would change, and starts nothing')
    .action(action<StartOptions>(start));
  rollout
    .command('watch <rollout>')
    .description('Watches one to its end, or until it pauses; 1 when it did not complete')
    .action(action(watch));
  rollout
    .command('targets <rollout>')
    .description('What became of each target, and why')
    .option('--state <state>', 'only those in this state, such as failed or skipped')
    .action(action<{ state?: TargetState }>(listTargets));
  for (const name of ['pause', 'resume', 'abort', 'rollback'] as const) {
    rollout
      .command(`${name} <rollout>`)
      .description(DESCRIPTIONS[name])
      .action(action((call, [rolloutId = '']) => act(call, name, rolloutId)));
  }
  program.addCommand(rollout.addHelpText('after', '\nExample: npx vapi-sync rollout start rollout.yaml --watch'));
}

const DESCRIPTIONS = {
  pause: 'Begins nothing new until it is resumed',
  resume: 'Goes on, and tries failed targets again',
  abort: 'Ends it, and leaves what is done',
  rollback: 'Brings each target back to its own configuration of before',
} as const;

async function list({ client, out }: Call): Promise<undefined> {
  const page = orThrow(await client.GET('/rollouts', { params: { query: { limit: 20 } } }));
  out.json(page);
  if (page.items.length === 0) out.line('There is no rollout.');
  else out.table(COLUMNS, page.items);
}

async function start(call: Call<StartOptions>, [file = '']: readonly string[]): Promise<number> {
  const { client, out, options } = call;
  const asked = await contentIn<RolloutRequest>(file);
  if (options.dryRun || asked.dryRun) return await showPlan(call, asked);
  const answer = orThrow(await client.POST('/rollouts', { body: asked }));
  if (!('rolloutId' in answer)) return EXIT.failed;
  if (options.watch) return await watch(call, [answer.rolloutId]);
  out.json(answer);
  out.line(`${answer.rolloutId}: ${targetsOf(asked, answer)}`);
  return EXIT.done;
}

function targetsOf({ template }: RolloutRequest, plan: { targets: number; waves: number[] } | undefined): string {
  if (!plan || plan.targets === 0) return `0 targets, as nothing that was selected is bound to ${template}`;
  return `${plan.targets} ${plan.targets === 1 ? 'target' : 'targets'} in waves of ${plan.waves.join(', ')}`;
}

/** Shows what a rollout would do to each target, page by page; nothing is started. */
async function showPlan({ client, out }: Call, asked: RolloutRequest): Promise<number> {
  const body = { ...asked, dryRun: true };
  const items: RolloutPlan['items'] = [];
  let plan: RolloutPlan | undefined;
  const read = async (cursor: string | undefined) => {
    const query = cursor === undefined ? {} : { cursor };
    const answer = orThrow(await client.POST('/rollouts', { params: { query }, body }));
    if ('rolloutId' in answer) throw new Error('the service has started a rollout, and was asked for a plan');
    return answer;
  };
  for await (const page of pagesOf(read)) {
    plan = page;
    items.push(...page.items);
  }
  out.json({ ...plan, items, next: null });
  if (items.length > 0) out.table(PLAN_COLUMNS, items);
  out.line(`${targetsOf(asked, plan)}; nothing was started (dryRun)`);
  return items.some(({ plan: kind }) => kind === 'failed') ? EXIT.failed : EXIT.done;
}

async function listTargets(
  { client, out, options: { state } }: Call<{ state?: TargetState }>,
  [rolloutId = '']: readonly string[],
): Promise<undefined> {
  const items: Target[] = [];
  const read = async (cursor: string | undefined) => {
    const query = { ...(cursor === undefined ? {} : { cursor }), ...(state ? { state } : {}) };
    return orThrow(await client.GET('/rollouts/{rolloutId}/targets', { params: { path: { rolloutId }, query } }));
  };
  for await (const page of pagesOf(read)) items.push(...page.items);
  out.json({ items });
  if (items.length === 0) out.line('There is no such target.');
  else out.table(TARGET_COLUMNS, items);
}

/** States in which nothing happens by itself. */
const RESTING: readonly Rollout['state'][] = ['paused', 'completed', 'failed', 'aborted', 'rolled-back'];

async function watch(call: Call, [rolloutId = '']: readonly string[]): Promise<number> {
  const { client, out, work } = call;
  await work();
  const look = keepAsking(
    async () => orThrow(await client.GET('/rollouts/{rolloutId}', { params: { path: { rolloutId } } })),
    out,
  );
  let shown = '';
  for (;;) {
    const found = await look();
    const line = found ? lineOf(found) : shown;
    if (line !== shown) out.line(line);
    shown = line;
    if (found && RESTING.includes(found.state)) {
      out.json(found);
      showFailures(out, found);
      return found.state === 'completed' ? EXIT.done : EXIT.failed;
    }
    await delay(PAUSE_MS);
  }
}

function lineOf({ state, reason, wave, waves, counts, targets }: Rollout): string {
  const done = targets - counts.outdated - counts.applying;
  return `${state}${reason ? ` (${reason})` : ''}, wave ${wave} of ${waves.length}, ${done} of ${targets} targets`;
}

function showFailures(out: Output, { failures }: Rollout): void {
  for (const { code, count, examples } of failures) out.line(`${count} ${code}: ${examples.join(', ')}`);
}

async function act({ client, out }: Call, name: keyof typeof DESCRIPTIONS, rolloutId: string): Promise<undefined> {
  const params = { path: { rolloutId } };
  const found = orThrow(await client.POST(`/rollouts/{rolloutId}/${name}`, { params }));
  out.json(found);
  out.line(lineOf(found));
}
