import { Command } from 'commander';
import { stringify } from 'yaml';
import { type components, orThrow } from '../../client/index.ts';
import { contentIn, countIn } from '../arguments.ts';
import type { Column } from '../output.ts';
import { pagesOf } from '../pages.ts';
import { action, type Call } from '../run.ts';

type Template = components['schemas']['TemplatePage']['items'][number];

const COLUMNS: readonly Column<Template>[] = [
  { title: 'Template', of: ({ templateId }) => templateId },
  { title: 'Version', of: ({ version }) => version },
  { title: 'Description', of: ({ description }) => description },
];

/** The commands for templates, and for the values that organisations give them. */
export function addTemplateCommands(program: Command): void {
  const template = new Command('template').description('Templates: configurations with variables, in versions');
  template.command('list').description('All templates, in their newest version').action(action(list));
  template
    .command('get <template>')
    .description('A template, in its newest version or in another (secrets hidden)')
    .option('--version <n>', 'this version', countIn)
    .action(action<{ version?: number }>(get));
  template
    .command('set <template> <file>')
    .description('Makes a new version of a YAML, JSON or Markdown file, if its content is new')
    .action(action(set));
  template
    .command('variables <org> [file]')
    .description('The values of an organisation (secrets hidden); with a file, replaces all of them')
    .action(action(variables));
  program.addCommand(template.addHelpText('after', '\nExample: npx vapi-sync template set clinic clinic.yaml'));
}

async function list({ client, out }: Call): Promise<undefined> {
  const items: Template[] = [];
  const page = async (cursor: string | undefined) =>
    orThrow(await client.GET('/templates', { params: { query: { limit: 200, cursor } } }));
  for await (const found of pagesOf(page)) items.push(...found.items);
  out.json({ items });
  if (items.length === 0) out.line('There is no template.');
  else out.table(COLUMNS, items);
}

async function get({ client, out, options }: Call<{ version?: number }>, [templateId = '']: readonly string[]) {
  const found =
    options.version === undefined
      ? orThrow(await client.GET('/templates/{templateId}', { params: { path: { templateId } } }))
      : orThrow(
          await client.GET('/templates/{templateId}/versions/{version}', {
            params: { path: { templateId, version: options.version } },
          }),
        );
  out.json(found);
  out.line(stringify(found, { lineWidth: 0 }).trimEnd());
  return undefined;
}

async function set({ client, out }: Call, [templateId = '', file = '']: readonly string[]): Promise<undefined> {
  const body = await contentIn<components['schemas']['TemplateContent']>(file);
  const answer = orThrow(await client.PUT('/templates/{templateId}', { params: { path: { templateId } }, body }));
  out.json(answer);
  out.line(`${answer.outcome} ${templateId} version ${answer.version}`);
}

async function variables({ client, out }: Call, [orgId = '', file]: readonly string[]): Promise<undefined> {
  const params = { path: { orgId } };
  const path = '/orgs/{orgId}/variables' as const;
  const found =
    file === undefined
      ? orThrow(await client.GET(path, { params }))
      : orThrow(await client.PUT(path, { params, body: await contentIn<Record<string, never>>(file) }));
  out.json(found);
  out.line(stringify(found, { lineWidth: 0 }).trimEnd());
}
