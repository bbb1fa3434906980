import { orThrow, type ServiceClient } from '../../client/index.ts';
import { HIDDEN } from '../../src/domain/configuration/masking.ts';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { assertForRole, renderFor, unknownTemplate } from '../../src/domain/templates/bind.ts';
import { parseBinding } from '../../src/domain/templates/parse-binding.ts';
import { parseTemplate } from '../../src/domain/templates/parse-template.ts';
import { referencesIn } from '../../src/domain/templates/references.ts';
import type { Template } from '../../src/domain/templates/template.ts';
import type { Configuration } from '../arguments.ts';
import { type Foundation, nextVersion } from './plan-templates.ts';
import type { Directory, WantedAssistant } from './read.ts';

/** The rules of the service that no setting of a stage changes; the service checks the rest. */
const RULES = { voicePolicy: 'strict', inlineCredentials: true } as const;

/** What a plan is made from. */
interface Ground {
  directory: Directory;
  foundations: readonly Foundation[];
}

/**
 * The configuration that a binding gives once the templates and values of its plan are applied, which the service does
 * not know before. Undefined when it names things of a Vapi account, or needs secrets that the service does not show.
 * Throws a `Problem` for what the service will refuse.
 */
export async function renderAhead(
  client: ServiceClient,
  { orgId, role, body }: WantedAssistant,
  { directory, foundations }: Ground,
): Promise<Configuration | undefined> {
  const { id, version, variables: ofRequest = {}, overrides } = parseBinding(body);
  const template = await templateAhead(client, { id, version }, foundations);
  if (!template) return undefined;
  assertForRole(template, role);
  const inFile = directory.variables.find((wanted) => wanted.orgId === orgId)?.values;
  const ofOrganisation =
    inFile ?? orThrow(await client.GET('/orgs/{orgId}/variables', { params: { path: { orgId } } }));
  if (hasHidden(ofOrganisation)) return undefined;
  const config = renderFor(template, { ofOrganisation: asJson(ofOrganisation), ofRequest, overrides });
  return referencesIn(config).length === 0 ? config : undefined;
}

/** True for an answer that leaves out secrets. */
function hasHidden(shown: object): boolean {
  return JSON.stringify(shown).includes(HIDDEN);
}

/** A version of a template as the plan leaves it; undefined when it holds secrets. Throws `TEMPLATE_UNKNOWN`. */
async function templateAhead(
  client: ServiceClient,
  { id, version }: { id: string; version: number | undefined },
  foundations: readonly Foundation[],
): Promise<Template | undefined> {
  const made = foundations.find(({ kind, name }) => kind === 'template' && name === id);
  const next = made && nextVersion(made);
  if (made?.kind === 'template' && next !== undefined && (version === undefined || version === next)) {
    return templateOf(id, next, made.wanted.content);
  }
  const { data, error, response } =
    version === undefined
      ? await client.GET('/templates/{templateId}', { params: { path: { templateId: id } } })
      : await client.GET('/templates/{templateId}/versions/{version}', {
          params: { path: { templateId: id, version } },
        });
  if (response.status === 404) throw unknownTemplate(id, version);
  const { templateId: _id, version: found, hash: _hash, ...content } = orThrow({ data, error, response });
  return hasHidden(content) ? undefined : templateOf(id, found, content);
}

function templateOf(templateId: string, version: number, content: object): Template {
  return { templateId, version, hash: '', content: parseTemplate(content, RULES) };
}

function asJson(values: Readonly<Record<string, unknown>>): JsonObject {
  return isJsonObject(values) ? values : {};
}
