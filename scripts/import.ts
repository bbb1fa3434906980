/**
 * Brings existing assistants under management without changing them: `npm run import -- FILE [--stage dev]`. See
 * docs/migration.md. Running it again is safe, and finishes what was interrupted.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { makeApplication } from '../src/application.ts';
import { readSettings } from '../src/settings.ts';
import { importLines } from './import/import-lines.ts';
import { startProgress } from './import/progress.ts';
import { type Line, readLines } from './import/read-lines.ts';
import { seedStandIn } from './import/seed-stand-in.ts';
import { assertReachable, enterTarget, type Target } from './import/target.ts';

const USAGE = `npm run import -- FILE [options]

FILE  CSV with the header orgId,role,assistantId, or a JSON list of objects with these fields

  --stage NAME      a deployment, with your AWS credentials (the embedded stack unless told)
  --table NAME      a table; SECRET_PREFIX and DEPLOYMENT_ID come from the environment
  --observe         look and check, write nothing
  --mark            write our metadata to each assistant, one PATCH, so that a lost table finds it
  --concurrency N   lines at a time, 1 to 50 (8)
  --seed            embedded stack only: first put the assistants of FILE into its Vapi stand-in

0: all are mapped; 1: some are not, see their lines; 130: interrupted, run it again.
`;

interface Arguments {
  file: string;
  stage: string | undefined;
  table: string | undefined;
  observe: boolean;
  mark: boolean;
  seed: boolean;
  concurrency: number;
}

function readArguments(): Arguments | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      stage: { type: 'string' },
      table: { type: 'string' },
      observe: { type: 'boolean', default: false },
      mark: { type: 'boolean', default: false },
      seed: { type: 'boolean', default: false },
      concurrency: { type: 'string', default: '8' },
      help: { type: 'boolean', default: false },
    },
  });
  const [file, ...others] = positionals;
  const concurrency = Number(values.concurrency);
  const isUsable = Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 50;
  if (values.help || !file || others.length > 0 || !isUsable) return undefined;
  return { ...values, stage: values.stage, table: values.table, file, concurrency };
}

async function run({ file, observe, mark, seed, concurrency, ...where }: Arguments): Promise<number> {
  const lines = readLines(readFileSync(file, 'utf8'));
  const target = await enterTarget(where);
  const stop = watchForInterrupt();
  try {
    if (seed) await putIntoStandIn(target, lines);
    process.stdout.write(
      `${lines.length} lines of ${file}, for ${target.name}${observe ? '; nothing is written' : ''}\n`,
    );
    const progress = startProgress(lines.length, process.stdout);
    const { sync } = makeApplication();
    await assertReachable(sync, target);
    await importLines(sync, {
      lines,
      concurrency,
      observeOnly: observe,
      mark,
      journal: { record: () => {} },
      onOutcome: (line, outcome) => progress.note(line, outcome),
      isStopped: () => stop.aborted,
    });
    const { failed, untouched } = progress.end();
    if (untouched > 0) return 130;
    return failed > 0 ? 1 : 0;
  } finally {
    await target.close();
  }
}

async function putIntoStandIn({ isStandIn, name }: Target, lines: readonly Line[]): Promise<void> {
  if (!isStandIn) throw new Error(`--seed is for the embedded stack and its Vapi stand-in, not for ${name}`);
  const made = await seedStandIn(readSettings().vapiBaseUrl, lines);
  process.stdout.write(`${made} assistants were put into the Vapi stand-in\n`);
}

/** The first Ctrl-C lets the lines that are under way end; the second one is the system's. */
function watchForInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stderr.write('\nStopping after the lines that are under way. Run it again to finish.\n');
      controller.abort();
    });
  }
  return controller.signal;
}

try {
  const given = readArguments();
  if (given) process.exitCode = await run(given);
  else {
    process.stderr.write(USAGE);
    process.exitCode = 2;
  }
} catch (error) {
  process.stderr.write(`${Error.isError(error) ? error.message : 'The import could not be started'}\n`);
  process.exitCode = 2;
}
