import { hashOf } from '../configuration/canonical-hash.ts';
import { mask, maskField } from '../configuration/masking.ts';
import { type ExpectedRevision, isExpected } from '../expected-revision.ts';
import type { JsonObject } from '../json.ts';
import { Problem } from '../problem.ts';
import type { Template, TemplateContent, TemplateHead, TemplateStore } from './template.ts';

interface Put {
  templateId: string;
  content: TemplateContent;
  /** Of the newest version. */
  expected: ExpectedRevision;
  /** True: nothing is written; the result is what a write would give. */
  dryRun?: boolean;
}

type PutResult = Pick<Template, 'templateId' | 'version' | 'hash'> & { outcome: 'created' | 'updated' | 'unchanged' };

/**
 * Makes a content the newest version of a template, unless the newest version has it already. May be repeated after a
 * crash. Throws `PRECONDITION_FAILED` when the newest version is not the expected one.
 */
export async function putTemplate(
  templates: TemplateStore,
  { templateId, content, expected, dryRun = false }: Put,
): Promise<PutResult> {
  const hash = hashOf(asJson(content));
  for (;;) {
    const newest = await templates.newest(templateId);
    assertExpected(newest, expected);
    const isSame = newest?.hash === hash;
    const version = isSame ? newest.version : (newest?.version ?? 0) + 1;
    const result = { templateId, version, hash, outcome: outcomeOf(newest, isSame) };
    if (dryRun) return result;
    const template: Template = { templateId, version, hash, content };
    if (!isSame && !(await templates.add(template))) continue;
    await templates.show(headOf(template));
    return result;
  }
}

function outcomeOf(newest: Template | undefined, isSame: boolean): PutResult['outcome'] {
  if (isSame) return 'unchanged';
  return newest ? 'updated' : 'created';
}

function headOf({ templateId, version, hash, content: { description, roles } }: Template): TemplateHead {
  return { templateId, version, hash, description, roles };
}

/** The content as JSON, with only the fields that were given. */
function asJson({ description, roles, variables, assistant }: TemplateContent): JsonObject {
  const declared = Object.entries(variables).map(([name, variable]) => [name, { ...variable }]);
  return {
    ...(description === undefined ? {} : { description }),
    ...(roles === undefined ? {} : { roles: [...roles] }),
    variables: Object.fromEntries(declared),
    assistant,
  };
}

/** The content as an answer shows it: with its secrets masked. */
export function shownContent(content: TemplateContent): JsonObject {
  const variables = Object.entries(content.variables).map(([name, { default: value, ...variable }]) => [
    name,
    { ...variable, ...(value === undefined ? {} : { default: maskField(name, value) }) },
  ]);
  return { ...asJson(content), variables: Object.fromEntries(variables), assistant: mask(content.assistant) };
}

function assertExpected(newest: Template | undefined, expected: ExpectedRevision): void {
  if (isExpected(expected, newest?.version)) return;
  const found = newest ? `its newest version is ${newest.version}` : 'there is none';
  throw new Problem('PRECONDITION_FAILED', `The template is not as the request expects it to be: ${found}.`);
}

/** A version of a template; the newest when none is named. Throws `NOT_FOUND`. */
export async function findTemplate(templates: TemplateStore, templateId: string, version?: number): Promise<Template> {
  const found = await (version === undefined ? templates.newest(templateId) : templates.version(templateId, version));
  if (found) return found;
  throw new Problem(
    'NOT_FOUND',
    'There is no such template, or no such version of it. GET /templates names those that are.',
  );
}
