import type { Command } from 'commander';
import { stringify } from 'yaml';
import { type components, orThrow } from '../../client/index.ts';
import { configurationIn, confirm, roleIn } from '../arguments.ts';
import { showChanges } from '../changes-text.ts';
import { CliError, EXIT } from '../exit.ts';
import type { Column } from '../output.ts';
import { pagesOf } from '../pages.ts';
import { action, type Call } from '../run.ts';

type Status = components['schemas']['Status'];

const COLUMNS: readonly Column<Status>[] = [
  { title: 'Organisation', of: ({ orgId }) => orgId },
  { title: 'Role', of: ({ role }) => role },
  { title: 'State', of: ({ state }) => state, style: ({ state }) => (state === 'synced' ? 'green' : 'yellow') },
  { title: 'Drift', of: ({ drift }) => drift?.class ?? '', style: ({ drift }) => (drift ? 'red' : undefined) },
  { title: 'Live', of: ({ live }) => live, style: ({ live }) => (live === 'pinned' ? 'red' : undefined) },
  { title: 'Rev', of: ({ revision }) => revision },
  { title: 'Changed', of: ({ changedAt }) => changedAt?.slice(0, 16).replace('T', ' ') },
  { title: 'By', of: ({ changedBy }) => changedBy && `${changedBy.kind} ${changedBy.id}` },
  { title: 'Assistant', of: ({ assistantId }) => assistantId },
];

function showAll({ out }: Call, assistants: readonly Status[]): void {
  if (assistants.length === 0) out.line('There is no assistant.');
  else out.table(COLUMNS, assistants);
}

/** Commands about single assistants, and the list of all. */
export function addAssistantCommands(program: Command): void {
  program
    .command('list')
    .description('The assistants of the platform’s account, or of --scope, by the time of their creation')
    .option('--scope <scope>', 'platform, or org:<orgId> for an organisation with an account of its own', 'platform')
    .option('--state <state>', 'only those in this state')
    .option('--drift <class>', 'only those that the last drift run found so; none: nothing wrong')
    .addHelpText('after', '\nExample: npx vapi-sync list --drift missing')
    .action(action<Filters>(list));
  program
    .command('status [org]')
    .description('The assistants of an organisation; without one, all of the platform’s account')
    .addHelpText('after', '\nExample: npx vapi-sync status globex')
    .action(action(status));
  program
    .command('get <org> <role>')
    .description('One assistant: its state, and the configuration that was applied (secrets hidden)')
    .addHelpText('after', '\nExample: npx vapi-sync get globex inbound --json')
    .action(action(get));
  program
    .command('set <org> <role> <file>')
    .description('Makes the assistant as a YAML or JSON file says; - is stdin')
    .option('--if-match <revision>', 'only if it has this revision still')
    .addHelpText('after', '\nExample: npx vapi-sync set globex inbound assistant.yaml')
    .action(action<{ ifMatch?: string }>(set));
  program
    .command('delete <org> <role>')
    .description('Removes the assistant, at Vapi too')
    .option('--yes', 'without asking')
    .addHelpText('after', '\nExample: npx vapi-sync delete globex outbound --yes')
    .action(action<{ yes?: boolean }>(remove));
  program
    .command('diff <org> <role> <file>')
    .description('What `set` would change, field by field; nothing is written. 2 when there is a difference')
    .addHelpText('after', '\nExample: npx vapi-sync diff globex inbound assistant.yaml')
    .action(action(diff));
  program
    .command('history <org> <role>')
    .description('The configurations that were applied, the latest first')
    .addHelpText('after', '\nExample: npx vapi-sync history globex inbound')
    .action(action(history));
  program
    .command('rollback <org> <role> <hash>')
    .description('Applies an earlier configuration again; the first letters of its hash are enough')
    .addHelpText('after', '\nExample: npx vapi-sync rollback globex inbound 5e7f62')
    .action(action(rollback));
}

interface Filters {
  scope?: string;
  state?: Status['state'];
  drift?: Drift;
}
type Drift = 'none' | 'drifted' | 'missing' | 'pending' | 'pinned';

async function list(call: Call<Filters>): Promise<undefined> {
  const { client, options, out } = call;
  const { scope, state, drift } = options;
  const items: Status[] = [];
  const next = async (cursor: string | undefined) =>
    orThrow(await client.GET('/assistants', { params: { query: { scope, state, drift, limit: 200, cursor } } }));
  for await (const page of pagesOf(next)) items.push(...page.items);
  out.json({ items });
  showAll(call, items);
}

async function status(call: Call, [orgId]: readonly string[]): Promise<undefined> {
  if (orgId === undefined) return await list(call);
  const { client, out } = call;
  const found = orThrow(await client.GET('/orgs/{orgId}/assistants', { params: { path: { orgId } } }));
  out.json(found);
  showAll(call, found.assistants);
}

async function get({ client, out }: Call, [orgId = '', role = '']: readonly string[]): Promise<undefined> {
  const path = { orgId, role: roleIn(role) };
  const found = orThrow(
    await client.GET('/orgs/{orgId}/assistants/{role}', { params: { path, query: { include: 'configuration' } } }),
  );
  out.json(found);
  out.line(stringify(found, { lineWidth: 0 }).trimEnd());
}

async function set(
  { client, out, options }: Call<{ ifMatch?: string }>,
  [orgId = '', role = '', file = '']: readonly string[],
) {
  const path = { orgId, role: roleIn(role) };
  const header = options.ifMatch === undefined ? {} : { 'If-Match': `"${options.ifMatch.replaceAll('"', '')}"` };
  const body = await configurationIn(file);
  const answer = orThrow(await client.PUT('/orgs/{orgId}/assistants/{role}', { params: { path, header }, body }));
  out.json(answer);
  if (!('outcome' in answer)) return EXIT.failed;
  out.line(`${answer.outcome} ${orgId}/${role} ${answer.assistantId}`);
  if (answer.live === 'pinned') out.note('Its traffic is pinned: callers hear an older version.');
  return EXIT.done;
}

async function remove(
  { client, out, options }: Call<{ yes?: boolean }>,
  [orgId = '', role = '']: readonly string[],
): Promise<undefined> {
  const path = { orgId, role: roleIn(role) };
  const found = orThrow(await client.GET('/orgs/{orgId}/assistants/{role}', { params: { path } }));
  await confirm(
    `${orgId}/${role} (${found.assistantId}) is removed at Vapi, and answers no call any more.`,
    options.yes,
  );
  const { response, error } = await client.DELETE('/orgs/{orgId}/assistants/{role}', { params: { path } });
  if (!response.ok) orThrow({ response, error });
  out.json({ orgId, role, removed: found.assistantId });
  out.line(`removed ${orgId}/${role} ${found.assistantId}`);
}

async function diff({ client, out }: Call, [orgId = '', role = '', file = '']: readonly string[]): Promise<number> {
  const path = { orgId, role: roleIn(role) };
  const body = await configurationIn(file);
  const plan = orThrow(
    await client.PUT('/orgs/{orgId}/assistants/{role}', { params: { path, query: { dryRun: true } }, body }),
  );
  out.json(plan);
  if (!('plan' in plan)) return EXIT.failed;
  out.line(`${plan.plan} ${orgId}/${role}`);
  showChanges(out, plan.changes);
  return plan.plan === 'unchanged' ? EXIT.done : EXIT.changes;
}

type Entry = components['schemas']['HistoryEntry'];
const HISTORY: readonly Column<Entry>[] = [
  { title: 'Hash', of: ({ specHash }) => specHash.slice(0, 12) },
  { title: 'Applied', of: ({ appliedAt }) => appliedAt.slice(0, 19).replace('T', ' ') },
  { title: 'Now', of: ({ current }) => (current ? '*' : '') },
  { title: 'Name', of: ({ summary }) => summary.name },
  { title: 'Model', of: ({ summary }) => summary.model },
  { title: 'Voice', of: ({ summary }) => summary.voice },
];

async function history({ client, out }: Call, [orgId = '', role = '']: readonly string[]): Promise<undefined> {
  const found = orThrow(await client.GET('/orgs/{orgId}/assistants/{role}/history', pathOf(orgId, role)));
  out.json(found);
  out.table(HISTORY, found.entries);
}

async function rollback(
  { client, out }: Call,
  [orgId = '', role = '', beginning = '']: readonly string[],
): Promise<undefined> {
  const specHash = await hashOf({ client }, { orgId, role, beginning });
  const answer = orThrow(
    await client.POST('/orgs/{orgId}/assistants/{role}/rollback', { ...pathOf(orgId, role), body: { specHash } }),
  );
  out.json(answer);
  if ('outcome' in answer) out.line(`${answer.outcome} ${orgId}/${role} to ${specHash.slice(0, 12)}`);
}

function pathOf(orgId: string, role: string) {
  return { params: { path: { orgId, role: roleIn(role) } } };
}

/** The hash in the history that begins with this text. Throws a `CliError` when there is none, or more than one. */
async function hashOf(
  { client }: Pick<Call, 'client'>,
  { orgId, role, beginning }: { orgId: string; role: string; beginning: string },
): Promise<string> {
  if (beginning.length === 64) return beginning;
  const { entries } = orThrow(await client.GET('/orgs/{orgId}/assistants/{role}/history', pathOf(orgId, role)));
  const [found, ...others] = entries.filter(({ specHash }) => specHash.startsWith(beginning));
  if (found && others.length === 0) return found.specHash;
  const shown = `npx vapi-sync history ${orgId} ${role}`;
  throw new CliError(
    found
      ? `${others.length + 1} configurations in the history of ${orgId}/${role} begin with "${beginning}". Give more of the hash: ${shown}`
      : `There is nothing in the history of ${orgId}/${role} that begins with "${beginning}". What there is: ${shown}`,
  );
}
