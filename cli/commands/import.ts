import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { textIn } from '../arguments.ts';
import { assertCheckout } from '../checkout.ts';
import { CliError, EXIT, messageOf } from '../exit.ts';
import type { Line } from '../import/read-lines.ts';
import { watchForInterrupt } from '../interrupt.ts';
import { Output } from '../output.ts';
import type { GlobalOptions } from '../run.ts';

interface ImportOptions extends GlobalOptions {
  table?: string;
  observe?: boolean;
  mark?: boolean;
  seed?: boolean;
  concurrency: number;
}

/** The commands that map existing assistants, and list them for restoring a lost table. */
export function addImportCommands(program: Command): void {
  program
    .command('import <file>')
    .description(
      'Maps assistants that are there already, without changing them; running it again finishes what was interrupted',
    )
    .option('--table <name>', 'a table; SECRET_PREFIX and DEPLOYMENT_ID come from the environment')
    .option('--observe', 'look and check, write nothing')
    .option('--mark', 'write our metadata to each assistant, one PATCH, so that a lost table finds it')
    .option('--concurrency <n>', 'lines at a time, 1 to 50', concurrencyIn, 8)
    .option('--seed', 'embedded stack only: first put the assistants of the file into its Vapi stand-in')
    .addHelpText(
      'after',
      `
FILE is CSV with the header orgId,role,assistantId, or a JSON list of objects with these fields.

Example: npx vapi-sync import assistants.csv --stage dev --observe`,
    )
    .action(async function act(this: Command, file: string) {
      process.exitCode = await importFile(file, this.optsWithGlobals<ImportOptions>());
    });
  program
    .command('managed')
    .description('Which assistants of a Vapi account this deployment has made, as the file that `import` takes')
    .option('--org <org>', 'in the account of this organisation')
    .addHelpText('after', '\nExample: npx vapi-sync managed --stage dev > assistants.csv')
    .action(async function act(this: Command) {
      await listAll(this.optsWithGlobals<GlobalOptions & { org?: string }>());
    });
}

function concurrencyIn(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 50) throw new InvalidArgumentError('Use 1 to 50.');
  return count;
}

function assertNoAddress({ url }: GlobalOptions): void {
  if (url) throw new CliError('This works on the table itself: use --stage.', EXIT.usage);
}

/** The lines of a file. Throws a `CliError` that names the file when it is not a list. */
async function linesOf(file: string, read: (content: string) => Line[]): Promise<Line[]> {
  const text = await textIn(file);
  try {
    return read(text);
  } catch (error) {
    throw new CliError(`${file}: ${messageOf(error)}`);
  }
}

async function importFile(file: string, options: ImportOptions): Promise<number> {
  assertNoAddress(options);
  const { observe = false, mark = false, seed, concurrency, stage, region, table } = options;
  if (!table) assertCheckout(stage ? 'import --stage' : 'The embedded stack', '--table');
  const [{ readLines }, { assertReachable, enterTarget }, { importLines }, { startProgress }] = await Promise.all([
    import('../import/read-lines.ts'),
    import('../import/target.ts'),
    import('../import/import-lines.ts'),
    import('../import/progress.ts'),
  ]);
  const lines = await linesOf(file, readLines);
  const target = await enterTarget({ stage, region, table });
  const stop = watchForInterrupt('the lines that are under way');
  const screen = options.json ? process.stderr : process.stdout;
  try {
    const [{ makeApplication }, { readSettings }] = await Promise.all([
      import('../../src/application.ts'),
      import('../../src/settings.ts'),
    ]);
    if (seed) {
      if (!target.isStandIn) {
        throw new CliError(
          `--seed is for the embedded stack and its Vapi stand-in, not for ${target.name}.`,
          EXIT.usage,
        );
      }
      const { seedStandIn } = await import('../import/seed-stand-in.ts');
      screen.write(
        `${await seedStandIn(readSettings().vapiBaseUrl, lines)} assistants were put into the Vapi stand-in\n`,
      );
    }
    screen.write(`${lines.length} lines of ${file}, for ${target.name}${observe ? '; nothing is written' : ''}\n`);
    const progress = startProgress(lines.length, screen);
    const items: object[] = [];
    const { sync } = makeApplication();
    await assertReachable(sync, target);
    await importLines(sync, {
      ...{ lines, concurrency, observeOnly: observe, mark },
      journal: { record: () => {} },
      onOutcome: (line, outcome) => {
        items.push({
          line: line.line,
          text: line.text,
          outcome: outcome.kind,
          ...('why' in outcome && { why: outcome.why }),
        });
        progress.note(line, outcome);
      },
      isStopped: () => stop.aborted,
    });
    const { failed, untouched } = progress.end();
    new Output(options).json({ items, failed, untouched });
    if (untouched > 0) return EXIT.interrupted;
    return failed > 0 ? EXIT.failed : EXIT.done;
  } finally {
    await target.close();
  }
}

async function listAll(options: GlobalOptions & { org?: string }): Promise<void> {
  assertNoAddress(options);
  assertCheckout('managed');
  const [{ assertReachable, enterTarget }, { listManaged }] = await Promise.all([
    import('../import/target.ts'),
    import('../import/list-managed.ts'),
  ]);
  const target = await enterTarget({ stage: options.stage, region: options.region });
  try {
    const { makeApplication } = await import('../../src/application.ts');
    const { sync } = makeApplication();
    await assertReachable(sync, target);
    const lines = await listManaged(sync, options.org);
    const out = new Output(options);
    const rows = lines.map(({ orgId, role, assistantId }) => ({ orgId, role, assistantId }));
    out.json({ items: rows });
    out.line(['orgId,role,assistantId', ...rows.map((row) => Object.values(row).join(','))].join('\n'));
    out.note(`${rows.length} assistants of ${target.name}`);
  } finally {
    await target.close();
  }
}
