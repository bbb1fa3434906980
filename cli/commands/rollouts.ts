import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { type components, orThrow } from '../../client/index.ts';
import { contentIn } from '../arguments.ts';
import { EXIT } from '../exit.ts';
import type { Column, Output } from '../output.ts';
import { action, type Call } from '../run.ts';

type Rollout = components['schemas']['Rollout'];

/** Between two looks, in ms. */
const PAUSE_MS = 1_000;

const COLUMNS: readonly Column<Rollout>[] = [
  { title: 'Rollout', of: ({ rolloutId }) => rolloutId },
  { title: 'Template', of: ({ template, version }) => `${template} ${version}` },
  { title: 'State', of: ({ state }) => state },
  { title: 'Wave', of: ({ wave, waves }) => `${wave}/${waves.length}` },
  { title: 'Targets', of: ({ targets }) => targets },
  { title: 'Failed', of: ({ counts }) => counts.failed },
];

/** Rollouts of templates. */
export function addRolloutCommands(program: Command): void {
  const rollout = new Command('rollout').description('Brings all that are bound to a template to a version, in waves');
  rollout.command('list').description('The newest rollouts').action(action(list));
  rollout
    .command('start <file>')
    .description('Starts one as a YAML or JSON file says (docs/rollouts.md)')
    .option('--watch', 'and watches it to its end')
    .action(action<{ watch?: boolean }>(start));
  rollout
    .command('watch <rollout>')
    .description('Watches one to its end, or until it pauses; 1 when it did not complete')
    .action(action(watch));
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

async function start(call: Call<{ watch?: boolean }>, [file = '']: readonly string[]): Promise<number> {
  const { client, out, options } = call;
  const body = contentIn<components['schemas']['RolloutRequest']>(file);
  const answer = orThrow(await client.POST('/rollouts', { body }));
  if (!('rolloutId' in answer)) {
    out.json(answer);
    out.line(`${answer.targets} targets in waves of ${answer.waves.join(', ')}; nothing was started (dryRun)`);
    return EXIT.done;
  }
  if (options.watch) return await watch(call, [answer.rolloutId]);
  out.json(answer);
  out.line(`${answer.rolloutId}: ${answer.targets} targets in waves of ${answer.waves.join(', ')}`);
  return EXIT.done;
}

/** States in which nothing happens by itself. */
const RESTING: readonly Rollout['state'][] = ['paused', 'completed', 'failed', 'aborted', 'rolled-back'];

async function watch(call: Call, [rolloutId = '']: readonly string[]): Promise<number> {
  const { client, out, work } = call;
  await work();
  let shown = '';
  for (;;) {
    const found = orThrow(await client.GET('/rollouts/{rolloutId}', { params: { path: { rolloutId } } }));
    const line = lineOf(found);
    if (line !== shown) out.line(line);
    shown = line;
    if (RESTING.includes(found.state)) {
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
