import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { components } from '../../client/index.ts';
import { ID, ID_FORM } from '../../src/domain/configuration/id.ts';
import { isJsonObject } from '../../src/domain/json.ts';
import { type Configuration, isContent, type Role } from '../arguments.ts';
import { CliError } from '../exit.ts';
import type { Mistake } from './mistakes.ts';
import { readMarkdown, readSource, type Source } from './source.ts';

/** An assistant that a directory asks for. */
export interface WantedAssistant {
  orgId: string;
  role: Role;
  body: Configuration;
  source: Source;
}

/** A template that a directory asks for. */
export interface WantedTemplate {
  templateId: string;
  content: TemplateContent;
  source: Source;
}

/** What PUT of a template takes. */
export type TemplateContent = components['schemas']['TemplateContent'];

/** Values of an organisation for templates. */
export interface WantedVariables {
  orgId: string;
  values: Readonly<Record<string, unknown>>;
  source: Source;
}

/** A directory as it was read. With mistakes, nothing of it is applied. */
export interface Directory {
  path: string;
  templates: readonly WantedTemplate[];
  variables: readonly WantedVariables[];
  /** The organisations with a file, also those without assistants. */
  orgIds: readonly string[];
  assistants: readonly WantedAssistant[];
  mistakes: Mistake[];
}

const ROLES = ['inbound', 'outbound'] as const;

const EMPTY = '`assistants: {}` says that there is none';

const organisation = z.strictObject(
  {
    variables: z.record(z.string(), z.unknown(), 'must be an object of names and values').optional(),
    assistants: z.partialRecord(
      z.enum(ROLES),
      z.custom<Configuration>(isContent, 'must be a configuration, as PUT takes it'),
      { error: ({ input }) => (input === undefined ? `is missing; ${EMPTY}` : 'must be an object of roles') },
    ),
  },
  { error: ({ input }) => (input === null ? `is empty; ${EMPTY}` : 'must be an object with `assistants`') },
);

/**
 * Reads `orgs/*.yaml` and `templates/*.yaml` or `*.md` of a directory, with all mistakes in it. Throws a `CliError`
 * when there is no such directory.
 */
export function readDirectory(path: string): Directory {
  const folder = join(path, 'orgs');
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    assertNoFile(path);
    const remedy =
      basename(resolve(path)) === 'orgs'
        ? `Name the directory around it: ${join(path, '..')}`
        : `Begin with: npx vapi-sync export ${path}`;
    throw new CliError(`There is no folder ${folder}. ${remedy}`);
  }
  const mistakes: Mistake[] = [];
  const orgIds: string[] = [];
  const assistants: WantedAssistant[] = [];
  const variables: WantedVariables[] = [];
  for (const { file, id: orgId } of filesIn(folder, { endings: /\.ya?ml$/, what: 'an organisation', mistakes })) {
    const source = readSource(file, mistakes);
    if (!source) continue;
    orgIds.push(orgId);
    const wanted = organisationIn(source, orgId, mistakes);
    assistants.push(...wanted.assistants);
    if (wanted.values) variables.push({ orgId, values: wanted.values, source });
  }
  return { path, orgIds, assistants, variables, templates: templatesIn(path, mistakes), mistakes };
}

/** Throws a `CliError` for a file in the place of a directory. */
export function assertNoFile(path: string): void {
  if (existsSync(path) && !statSync(path).isDirectory()) throw new CliError(`${path} is a file. Name a directory.`);
}

function templatesIn(path: string, mistakes: Mistake[]): WantedTemplate[] {
  const folder = join(path, 'templates');
  if (!existsSync(folder)) return [];
  const files = filesIn(folder, { endings: /\.(ya?ml|md)$/, what: 'a template', mistakes });
  return files.flatMap(({ file, id: templateId }) => {
    const source = file.endsWith('.md') ? readMarkdown(file, mistakes) : readSource(file, mistakes);
    if (source && isTemplate(source.content)) return [{ templateId, content: source.content, source }];
    if (source) mistakes.push({ file, line: 1, text: 'is no template: it must be an object with `assistant`' });
    return [];
  });
}

function isTemplate(content: unknown): content is TemplateContent {
  return isJsonObject(content) && isJsonObject(content.assistant);
}

/** The files of a folder with valid names, one for each id; others are mistakes, except hidden ones (`.gitkeep`). */
function filesIn(
  folder: string,
  { endings, what, mistakes }: { endings: RegExp; what: string; mistakes: Mistake[] },
): { file: string; id: string }[] {
  const taken = new Map<string, string>();
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .toSorted()
    .flatMap((name) => {
      const file = join(folder, name);
      const id = basename(name, extname(name));
      const wrong = !endings.test(name)
        ? `is not ${what}: name it <id>.yaml`
        : !ID.test(id)
          ? `"${id}" is no id of ${what}; ${ID_FORM}`
          : taken.has(id) && `is of the same id as ${taken.get(id)}; remove one of them`;
      if (wrong) mistakes.push({ file, text: wrong });
      taken.set(id, name);
      return wrong ? [] : [{ file, id }];
    });
}

function organisationIn(
  source: Source,
  orgId: string,
  mistakes: Mistake[],
): { assistants: WantedAssistant[]; values?: Readonly<Record<string, unknown>> | undefined } {
  const parsed = organisation.safeParse(source.content);
  if (parsed.success) {
    const { assistants, variables } = parsed.data;
    const wanted = Object.entries(assistants).flatMap(([role, body]) =>
      ROLES.filter((known) => known === role && body).map((known) => ({
        orgId,
        role: known,
        body: body ?? {},
        source,
      })),
    );
    return { assistants: wanted, values: variables };
  }
  mistakes.push(...parsed.error.issues.flatMap((issue) => mistakesIn(issue, source)));
  return { assistants: [] };
}

/** The mistakes in a file of an organisation, one for each field. */
function mistakesIn(issue: z.core.$ZodIssue, { file, lineAt }: Source): Mistake[] {
  const at = issue.path.filter((name) => typeof name !== 'symbol');
  const place = (names: readonly (string | number)[]) => {
    const field = names.join('.');
    return { file, line: lineAt(names), ...(field && { field }) };
  };
  if (issue.code !== 'unrecognized_keys') return [{ ...place(at), text: issue.message }];
  const text =
    at.length > 0 ? `is no role; use ${ROLES.join(' or ')}` : 'unknown field; a file has `assistants` and `variables`';
  return issue.keys.map((key) => ({ ...place([...at, key]), text }));
}
