import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { confirm } from '../arguments.ts';
import { showChanges } from '../changes-text.ts';
import { type Applied, applySteps } from '../directory/apply.ts';
import { exportDirectory, filesThere } from '../directory/export.ts';
import { mistakeLine } from '../directory/mistakes.ts';
import { type Plan, planDirectory, type Step } from '../directory/plan.ts';
import { type Foundation, makeFoundation } from '../directory/plan-templates.ts';
import { readDirectory } from '../directory/read.ts';
import { writeSchemas } from '../directory/schemas.ts';
import { CliError, EXIT, sentencesOf } from '../exit.ts';
import { watchForInterrupt } from '../interrupt.ts';
import type { Output } from '../output.ts';
import { action, type Call } from '../run.ts';

interface ExportOptions {
  org: string[];
  yes?: boolean;
}

interface Options {
  prune?: boolean;
  yes?: boolean;
}

/** The commands that compare a directory in Git with the fleet, and apply it. */
export function addDirectoryCommands(program: Command): void {
  program
    .command('plan <dir>')
    .description(
      'What `apply` would create, change field by field, or remove; nothing is written. 2 when there is something',
    )
    .option('--prune', 'also what is there and in no file')
    .addHelpText('after', '\nExample: npx vapi-sync plan fleet --stage dev')
    .action(action<Options>(plan));
  program
    .command('apply <dir>')
    .description('Does what `plan` shows, several assistants at a time; repeated, it goes on')
    .option('--prune', 'also remove what is there and in no file; asks')
    .option('--yes', 'without asking')
    .addHelpText('after', '\nExample: npx vapi-sync apply fleet --stage dev')
    .action(action<Options>(apply));
  program
    .command('export <dir>')
    .description('Writes such a directory from what is there; `plan` after it finds nothing')
    .option('--org <org...>', 'organisations with an account of their own, besides', [])
    .option('--yes', 'write over files that are there, without asking')
    .addHelpText('after', '\nExample: npx vapi-sync export fleet --org acme')
    .action(action<ExportOptions>(exportAll));
}

/** Reads the directory. Undefined when it has mistakes, which are then shown with their places. */
async function planOf({ client, out, options }: Call<Options>, dir: string): Promise<Plan | undefined> {
  const directory = readDirectory(dir);
  const prune = options.prune === true;
  const planned =
    directory.mistakes.length > 0
      ? undefined
      : await withBar(out, directory.assistants.length, async (onDone) =>
          planDirectory(directory, { client, prune, onDone }),
        );
  const mistakes = planned?.mistakes ?? directory.mistakes;
  if (planned && mistakes.length === 0) return planned;
  for (const mistake of mistakes) out.note(mistakeLine(mistake));
  out.note(`${mistakes.length} ${mistakes.length === 1 ? 'mistake' : 'mistakes'}: nothing is applied.`);
  out.json({ mistakes });
  return undefined;
}

async function plan(call: Call<Options>, [dir = '']: readonly string[]): Promise<number> {
  const planned = await planOf(call, dir);
  if (!planned) return EXIT.failed;
  const { out } = call;
  const { foundations, steps } = planned;
  out.json({ ...summaryOf(planned), foundations: foundations.map(shownFoundation), steps: steps.map(shownStep) });
  showPlan(out, planned);
  return foundations.length + steps.length === 0 ? EXIT.done : EXIT.changes;
}

async function apply(call: Call<Options>, [dir = '']: readonly string[]): Promise<number> {
  const planned = await planOf(call, dir);
  if (!planned) return EXIT.failed;
  const { client, out, options } = call;
  const { steps } = planned;
  const removals = steps.filter((step) => step.action === 'remove');
  showPlan(out, planned);
  if (removals.length > 0) await confirm(removalsSentence(removals.length), options.yes);
  const stop = watchForInterrupt('what is under way');
  const isFounded = await makeFoundations(call, planned, stop);
  const applied = await withBar(out, steps.length, async (onDone) =>
    applySteps(steps, {
      client,
      signal: stop,
      onDone: (result) => {
        onDone();
        if (!hasBar(out)) out.line(lineOf(result));
      },
    }),
  );
  const code = report(out, planned, applied);
  return isFounded ? code : EXIT.interrupted;
}

function removalsSentence(count: number): string {
  return count === 1 ? 'One assistant is removed at Vapi.' : `${count} assistants are removed at Vapi.`;
}

/**
 * Applies templates and values first: unless they all succeed, no assistant that depends on them is begun. False when
 * stopped. Throws a `CliError`.
 */
async function makeFoundations({ client, out }: Call, { foundations }: Plan, stop: AbortSignal): Promise<boolean> {
  for (const step of foundations) {
    if (stop.aborted) return false;
    const { kind, name, file } = step;
    const outcome = await makeFoundation(client, step).catch((error: unknown) => {
      throw new CliError(
        [`${kind} ${name} (${file}) failed, and no assistant was begun:`, ...sentencesOf(error)].join('\n'),
      );
    });
    out.line(`${outcome} ${kind} ${name}`);
  }
  return true;
}

function report(out: Output, planned: Plan, applied: readonly Applied[]): number {
  const failed = applied.filter(({ outcome }) => outcome === 'failed');
  out.json({ ...summaryOf(planned), applied, failed: failed.length, notBegun: planned.steps.length - applied.length });
  if (hasBar(out)) for (const one of failed) out.line(lineOf(one));
  const done = `${applied.length - failed.length} of ${planned.steps.length} applied`;
  out.line(`${done}${failed.length > 0 ? `, ${failed.length} failed` : ''}`);
  if (applied.length < planned.steps.length) {
    if (out.isJson) out.note(done);
    return EXIT.interrupted;
  }
  return failed.length > 0 ? EXIT.failed : EXIT.done;
}

function lineOf({ orgId, role, outcome, detail }: Applied): string {
  return `${outcome} ${orgId}/${role}${detail ? `: ${detail}` : ''}`;
}

const SIGNS = { create: '+', update: '~', remove: '-' } as const;
const STYLES = { create: 'green', update: 'yellow', remove: 'red' } as const;

function showPlan(out: Output, { foundations, steps, unchanged }: Plan): void {
  for (const { action: name, kind, name: what, file } of foundations) {
    out.line(out.styled(STYLES[name], `${SIGNS[name]} ${name} ${kind} ${what} (${file})`));
  }
  for (const { action: name, orgId, role, file, changes, because } of steps) {
    const why = [file, because].filter(Boolean).join(': ');
    out.line(out.styled(STYLES[name], `${SIGNS[name]} ${name} ${orgId}/${role}${why ? ` (${why})` : ''}`));
    if (name === 'update') showChanges(out, changes, '    ');
  }
  const { create, update, remove } = countsOf(steps);
  out.line(`${create} to create, ${update} to change, ${remove} to remove, ${unchanged} as they should be`);
}

function countsOf(steps: readonly Step[]): Record<Step['action'], number> {
  const count = (name: Step['action']) => steps.filter((step) => step.action === name).length;
  return { create: count('create'), update: count('update'), remove: count('remove') };
}

function summaryOf({ steps, unchanged }: Plan) {
  return { ...countsOf(steps), unchanged };
}

function shownFoundation({ kind, name, action: what, file }: Foundation) {
  return { kind, name, action: what, file };
}

function shownStep({ orgId, role, action: name, file, revision, changes }: Step) {
  return { orgId, role, action: name, file: file ?? null, revision: revision ?? null, changes };
}

function hasBar({ isTerminal, isJson }: Output): boolean {
  return isTerminal && !isJson && process.stderr.isTTY;
}

/** A bar on a terminal, which goes whatever comes: one that stays holds the command. */
async function withBar<Found>(
  out: Output,
  total: number,
  work: (onDone: () => void) => Promise<Found>,
): Promise<Found> {
  if (!hasBar(out) || total === 0) return await work(() => {});
  const bar = new SingleBar({ format: '{bar} {value}/{total}', barsize: 40, hideCursor: true, clearOnComplete: true });
  bar.start(total, 0);
  try {
    return await work(() => bar.increment());
  } finally {
    bar.stop();
  }
}

async function exportAll(
  { client, out, options }: Call<ExportOptions>,
  [dir = '']: readonly string[],
): Promise<undefined> {
  const there = filesThere(dir).length;
  if (there > 0) await confirm(`${there} files of ${dir} are there already, and may be written over.`, options.yes);
  const exported = await exportDirectory(client, dir, options.org);
  writeSchemas(dir);
  out.json(exported);
  out.line(`${exported.assistants} assistants of ${exported.files.length} organisations, in ${dir}/orgs`);
  for (const name of exported.empty) out.note(`${name} has no assistant: its file says so`);
  for (const name of exported.skipped) {
    out.note(`${name} was left out: no configuration of it was applied yet. apply --prune would remove it`);
  }
  for (const name of exported.modelless) {
    out.note(`${name} has no model: plan and apply refuse its file until it names one`);
  }
  for (const name of exported.bound) {
    out.note(`${name} is bound to a template: its configuration was written, not the binding`);
  }
  for (const file of exported.left) {
    out.note(`${file} was there before: what it asks for is not there, or in another file now. Remove it, or merge it`);
  }
  if (exported.secrets.length > 0) {
    out.note(`Secrets are not shown by the service. Set these in the environment of plan and apply:`);
    for (const name of exported.secrets) out.note(`  ${name}`);
  }
  for (const name of exported.ambiguous) {
    out.note(`${name} stands for several secrets: give each a name of its own in the files, or one is used for all.`);
  }
}
