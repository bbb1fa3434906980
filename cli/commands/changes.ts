import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { type components, orThrow } from '../../client/index.ts';
import { countIn } from '../arguments.ts';
import { CliError, EXIT } from '../exit.ts';
import { keepAsking } from '../keep-asking.ts';
import { type Column, inLine } from '../output.ts';
import { action, type Call } from '../run.ts';

type Change = components['schemas']['Change'];

const COLUMNS: readonly Column<Change>[] = [
  { title: 'At', of: ({ at }) => at.slice(0, 19).replace('T', ' ') },
  { title: 'Action', of: ({ action: name }) => name },
  { title: 'Organisation', of: ({ orgId }) => orgId },
  { title: 'Role', of: ({ role }) => role },
  { title: 'Rev', of: ({ revision }) => revision },
  { title: 'By', of: ({ by }) => by && `${by.kind} ${by.id}` },
  { title: 'Paths', of: ({ paths }) => paths.join(' ') },
];

interface Options {
  follow?: boolean;
  since?: string;
  limit?: number;
}

/** The command that shows who changed what. */
export function addChangeCommands(program: Command): void {
  program
    .command('changes [org]')
    .description('Who changed what: of one organisation newest first, of all oldest first')
    .option('--since <time>', 'of all: from when on (RFC 3339; a day ago)')
    .option('--follow', 'of all: go on, with a line for each change')
    .option('--limit <n>', 'of one organisation: the most (50)', countIn)
    .addHelpText('after', '\nExample: npx vapi-sync changes --follow')
    .action(action<Options>(changes));
}

async function changes(call: Call<Options>, [orgId]: readonly string[]): Promise<undefined> {
  const { client, options, out } = call;
  if (orgId === undefined) {
    if (options.limit !== undefined)
      throw new CliError('--limit goes with an organisation; --since without.', EXIT.usage);
    return options.follow ? await follow(call) : await showAll(call);
  }
  if (options.follow || options.since)
    throw new CliError('--follow and --since go without an organisation.', EXIT.usage);
  const query = { limit: options.limit ?? 50 };
  const page = orThrow(await client.GET('/orgs/{orgId}/changes', { params: { path: { orgId }, query } }));
  out.json(page);
  if (page.items.length === 0) out.line('There is no change.');
  else out.table(COLUMNS, page.items);
}

async function showAll({ client, options, out }: Call<Options>): Promise<undefined> {
  const items: Change[] = [];
  let query: { since?: string; cursor?: string } = options.since ? { since: options.since } : {};
  for (;;) {
    const page = await read(client, query);
    if (page.items.length === 0) break;
    items.push(...page.items);
    query = { cursor: page.next ?? '' };
  }
  out.json({ items });
  if (items.length === 0) out.line('There is no change since then.');
  else out.table(COLUMNS, items);
}

async function read(client: Call['client'], query: { since?: string; cursor?: string }) {
  return orThrow(await client.GET('/changes', { params: { query: { ...query, limit: 200 } } }));
}

/** The pause between two requests, in ms. */
const PAUSE_MS = 2_000;

async function follow({ client, options, out, work }: Call<Options>): Promise<undefined> {
  await work();
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  // Nobody reads any more.
  process.stdout.once('error', () => stop.abort());
  let query: { since?: string; cursor?: string } = { since: options.since ?? new Date().toISOString() };
  const look = keepAsking(() => read(client, query), out);
  while (!stop.signal.aborted) {
    const page = (await look()) ?? { items: [], next: query.cursor };
    for (const change of page.items) {
      out.jsonLine(change);
      const { at, action: name, orgId, role, by, paths } = change;
      const who = by ? `by ${by.kind} ${by.id} ` : '';
      out.line(inLine(`${at} ${name} ${orgId}/${role} ${who}${paths.join(' ')}`).trimEnd());
    }
    query = { cursor: page.next ?? '' };
    if (page.items.length === 0) await delay(PAUSE_MS, undefined, { signal: stop.signal }).catch(() => {});
  }
}
