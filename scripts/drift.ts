/**
 * Checks the whole fleet and prints what differs: `npm run drift`, `npm run drift -- --heal`. Works on the embedded stack,
 * or, with TABLE_NAME and TASK_QUEUE_URL of a deployment (and AWS credentials) in the environment, on that deployment,
 * whose own worker does the work. Exits with 1 when something is not in sync, with 2 when the run does not end.
 */
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import type { BackgroundWorker } from '../local/serverless/background-worker.ts';
import type { Application } from '../src/application.ts';
import type { Finding } from '../src/domain/drift/finding.ts';
import { requestedMode } from '../src/domain/drift/mode.ts';
import { describeRun, type RunDescription, reportRun } from '../src/domain/drift/run/describe-run.ts';
import { startRun } from '../src/domain/drift/run/start-run.ts';

const { values: options } = parseArgs({ options: { heal: { type: 'boolean', default: false } } });

/** How often a run is looked at, and how long at most, in ms. */
const LOOK_EVERY_MS = 500;
const LONGEST_MS = 60 * 60_000;

interface Ground {
  app: Application;
  worker?: BackgroundWorker;
  close(): Promise<void>;
}

const ground = process.env.TABLE_NAME ? await deployed() : await embedded();
try {
  process.exitCode = await check(ground);
} finally {
  await ground.close();
}

async function deployed(): Promise<Ground> {
  const { makeApplication } = await import('../src/application.ts');
  return { app: makeApplication(), close: async () => {} };
}

/** The stack that `sls invoke local` works on, with the same data. */
async function embedded(): Promise<Ground> {
  const [{ useStack }, { dataDirectory, functionEnvironment }, { BackgroundWorker: Worker }] = await Promise.all([
    import('../local/stack/detached/use-stack.ts'),
    import('../local/stack/local-environment.ts'),
    import('../local/serverless/background-worker.ts'),
  ]);
  const stack = await useStack({ directory: dataDirectory(join(import.meta.dirname, '..'), undefined) });
  const DEPLOYMENT_ID = 'vapi-sync-local';
  const environment = { ...stack.environment, ...functionEnvironment(stack.environment, undefined), DEPLOYMENT_ID };
  // Nobody else uses the stand-in: there is no reason to be slow.
  Object.assign(process.env, { DRIFT_CALLS_PER_SECOND: '100', POWERTOOLS_LOG_LEVEL: 'SILENT' }, environment);
  process.env.POWERTOOLS_METRICS_DISABLED = 'true';
  const { makeApplication } = await import('../src/application.ts');
  const worker = new Worker(environment);
  return {
    app: makeApplication(),
    worker,
    close: async () => {
      worker.stop();
      stack.release();
    },
  };
}

async function check({ app, worker }: Ground): Promise<number> {
  const mode = options.heal ? 'heal' : 'report';
  const { kind, runId } = await startRun(
    app.drift,
    { journal: { record: () => {} } },
    { trigger: 'request', mode: requestedMode(mode) },
  );
  console.log(`${kind === 'started' ? 'Started' : 'Watching'} drift run ${runId} (${mode})`);
  await worker?.start();
  const run = await watch(app, runId);
  if (run?.status !== 'closed') {
    console.log(styleText('red', `The run did not end: ${run?.status ?? 'it is not there'}`));
    return 2;
  }
  // What was sent for healing is done before this command ends: nobody else works the queue.
  await worker?.drain();
  const isInSync = await printFindings(app, runId);
  printSummary(run);
  return isInSync ? 0 : 1;
}

async function watch(app: Application, runId: string): Promise<RunDescription | undefined> {
  const until = Date.now() + LONGEST_MS;
  for (;;) {
    const run = await app.drift.runs.read(runId);
    const description = run && describeRun(run);
    if (!description || description.closedAt || description.status === 'abandoned' || Date.now() > until) {
      showProgress('');
      return description;
    }
    const { status, units } = description;
    showProgress(`${status} ${units.done}/${units.total ?? '?'}`);
    await app.sync.runtime.sleep(LOOK_EVERY_MS);
  }
}

function showProgress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${text}`);
}

/** True when there are none. */
async function printFindings(app: Application, runId: string): Promise<boolean> {
  let after: string | undefined;
  let count = 0;
  do {
    const report = await reportRun(app.drift, { runId, limit: 200, ...(after ? { after } : {}) });
    for (const finding of report?.findings ?? []) printFinding(finding);
    count += report?.findings.length ?? 0;
    after = report?.next ?? undefined;
  } while (after);
  return count === 0;
}

function printFinding({
  class: name,
  scope,
  orgId,
  role,
  assistantId,
  changes = [],
  changed = 0,
  ...rest
}: Finding): void {
  const subject = [orgId ?? scope, role, assistantId].filter(Boolean).join(' ');
  const notes = [rest.cause, rest.detail, rest.healing && `→ ${rest.healing}`].filter(Boolean).join('; ');
  console.log(
    `${styleText(name === 'unknown' ? 'red' : 'yellow', name.padEnd(9))} ${subject}${notes ? `  ${notes}` : ''}`,
  );
  for (const { path, wanted, live, origin } of changes) {
    console.log(
      `          ${path} (${origin})\n            wanted ${wanted}\n            live   ${live ?? 'not there'}`,
    );
  }
  if (changed > changes.length) console.log(`          and ${changed - changes.length} fields more`);
}

function printSummary(run: RunDescription): void {
  console.table({ ...run.classes, unknown: run.unknown });
  for (const { cause, count } of run.commonCauses ?? []) console.log(`${count} have one cause in common: ${cause}`);
  for (const group of run.suspicious ?? []) {
    console.log(styleText('red', `So much is missing (${group}) that nothing was healed there. Check the keys first.`));
  }
  if (run.healed) {
    const { reapplied, resumed, removed, kept } = run.healed;
    const left = Object.entries(kept).map(([why, count]) => `${count} ${why}`);
    console.log(
      `Sent for healing: ${reapplied} reapplied, ${resumed} resumed; ${removed} removed; left alone: ${left.join(', ') || 'none'}`,
    );
  }
  printRetirements(run);
  const { lists = 0, gets = 0 } = run.calls ?? {};
  console.log(`${lists} list calls, ${gets} GETs, ${((run.durationMs ?? 0) / 1000).toFixed(1)} s`);
}

function printRetirements({ retirements = [] }: RunDescription): void {
  for (const { kind, provider, id, on, replacement, assistants, examples } of retirements) {
    const when = on ? `stops on ${on.slice(0, 10)}` : 'has stopped';
    console.log(
      `The ${kind} ${provider}/${id} ${when}; ${assistants} have it (${examples.join(', ')}); instead: ${replacement ?? 'nothing named'}`,
    );
  }
}
