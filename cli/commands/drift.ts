import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { healingOf } from '../../client/healing.ts';
import { type components, orThrow } from '../../client/index.ts';
import { EXIT } from '../exit.ts';
import { keepAsking } from '../keep-asking.ts';
import { type Column, inLine, type Output } from '../output.ts';
import { action, type Call } from '../run.ts';

type Report = components['schemas']['DriftRunReport'];
type Finding = components['schemas']['Finding'];

/** The pause between two looks at a run, and the longest wait for its end, in ms. */
const PAUSE_MS = 500;
const LONGEST_MS = 60 * 60_000;

/** The command that starts a drift run and shows its findings. */
export function addDriftCommand(program: Command): void {
  program
    .command('drift')
    .description('Compares all assistants with what was applied, and shows what differs; 1 when something does')
    .option('--heal', 'and puts it right, as far as modes and brakes allow')
    .addHelpText('after', '\nExample: npx vapi-sync drift --heal')
    .action(action<{ heal?: boolean }>(drift));
}

async function drift({ client, options, out, work }: Call<{ heal?: boolean }>): Promise<number> {
  const mode = options.heal ? 'heal' : 'report';
  await work();
  const started = orThrow(await client.POST('/drift', { body: { mode } }));
  if (started.started) out.note(`Started drift run ${started.runId} (${mode})`);
  else await noteOther({ client, out }, started.runId, mode);
  const run = await watch(client, started.runId, out);
  const findings = await findingsOf(client, started.runId);
  out.json({ ...run, findings, next: null });
  showFindings(out, findings, run.mode);
  showSummary(out, run);
  if (run.status !== 'closed') out.note(`The run did not end: ${run.status}.`);
  return run.status === 'closed' && findings.length === 0 ? EXIT.done : EXIT.failed;
}

/** Says that a run is going on already, which may do less than was asked for. */
async function noteOther({ client, out }: Pick<Call, 'client' | 'out'>, runId: string, asked: string): Promise<void> {
  const { mode } = await read(client, runId);
  const less = asked === 'heal' && mode !== 'heal';
  const remedy = less ? ' It heals nothing: call the command again when it has ended.' : '';
  out.note(`Watching drift run ${runId} (${mode}), which had begun already.${remedy}`);
}

async function read(client: Call['client'], id: string, after?: string): Promise<Report> {
  return orThrow(await client.GET('/drift/runs/{id}', { params: { path: { id }, query: { limit: 500, after } } }));
}

async function watch(client: Call['client'], id: string, out: Output): Promise<Report> {
  const until = Date.now() + LONGEST_MS;
  const look = keepAsking(() => read(client, id), out);
  let run: Report | undefined;
  for (;;) {
    run = (await look()) ?? run;
    if (run) out.progress(`${run.status} ${run.units.done}/${run.units.total ?? '?'}`);
    if (run && (run.closedAt || run.status === 'abandoned' || Date.now() > until)) {
      out.progress('');
      return run;
    }
    await delay(PAUSE_MS);
  }
}

async function findingsOf(client: Call['client'], id: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  let after: string | undefined;
  do {
    const page = await read(client, id, after);
    findings.push(...page.findings);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return findings;
}

function showFindings(out: Output, findings: readonly Finding[], mode: Report['mode']): void {
  for (const finding of findings) {
    const { class: name, scope, orgId, role, assistantId, changes = [], changed = 0 } = finding;
    const subject = [orgId ?? scope, role, assistantId].filter(Boolean).join(' ');
    const done = healingOf(finding, mode);
    const notes = [finding.cause, finding.detail, done && `→ ${done}`].filter(Boolean).join('; ');
    out.line(
      `${out.styled(name === 'unknown' ? 'red' : 'yellow', name.padEnd(9))} ${subject}${notes ? `  ${notes}` : ''}`,
    );
    for (const { path, wanted, live, origin } of changes) {
      out.line(`  ${inLine(path)} (${origin})`);
      out.line(`    wanted ${inLine(wanted)}`);
      out.line(`    live   ${inLine(live ?? 'not there')}`);
    }
    if (changed > changes.length) out.line(`  and ${changed - changes.length} fields more`);
  }
}

const CLASS_COLUMNS: readonly Column<[string, number | undefined]>[] = [
  { title: 'Class', of: ([name]) => name },
  { title: 'Assistants', of: ([, count]) => count },
];

function showClasses(out: Output, { classes, unknown, status }: Report): void {
  const counted = Object.entries({ ...classes, unknown }).filter(([, count]) => (count ?? 0) > 0);
  if (counted.length > 0) out.table(CLASS_COLUMNS, counted);
  else if (status === 'closed') out.line('There is no assistant.');
}

function showSummary(out: Output, run: Report): void {
  showClasses(out, run);
  for (const { cause, count } of run.commonCauses ?? []) out.line(`${count} have one cause in common: ${cause}`);
  for (const group of run.suspicious ?? []) {
    out.line(out.styled('red', `So much is missing (${group}) that nothing was healed there. Check the keys first.`));
  }
  if (run.healed) {
    const { reapplied, resumed, removed, kept } = run.healed;
    const left = Object.entries(kept).map(([why, count]) => `${count} ${why}`);
    out.line(
      `Sent for healing: ${reapplied} reapplied, ${resumed} resumed; ${removed} removed; left alone: ${left.join(', ') || 'none'}`,
    );
  }
  for (const { kind, provider, id, on, replacement, assistants, examples } of run.retirements ?? []) {
    const when = on ? `stops on ${on.slice(0, 10)}` : 'has stopped';
    out.line(
      `The ${kind} ${provider}/${id} ${when}; ${assistants} have it (${examples.join(', ')}); instead: ${replacement ?? 'nothing named'}`,
    );
  }
}
