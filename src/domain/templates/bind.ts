import { apply as mergePatch } from 'tiny-merge-patch';
import { openAccessSession } from '../account/access-session.ts';
import type { Role } from '../configuration/assistant-key.ts';
import {
  type AssistantRequest,
  MAX_CONFIG_BYTES,
  parseAssistantRequest,
  type RequestRules,
} from '../configuration/assistant-request.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { TemplateBinding } from '../mapping/assistant-mapping.ts';
import type { Operation } from '../operation.ts';
import { Problem, validationFailed } from '../problem.ts';
import type { BindingRequest } from './parse-binding.ts';
import { referencesIn } from './references.ts';
import { filledLength, render } from './render.ts';
import { type NamedIds, resolveReferences } from './resolve-references.ts';
import type { Template, TemplateStore, VariableStore } from './template.ts';
import { valuesFor } from './values.ts';

/** What binding an assistant to a template depends on. */
export interface TemplateDependencies {
  templates: TemplateStore;
  variables: VariableStore;
  references: NamedIds;
}

export interface Bound {
  asked: AssistantRequest;
  binding: TemplateBinding;
}

/**
 * Renders the requested template for the organisation of the operation. Throws `TEMPLATE_UNKNOWN`, `VARIABLES_MISSING`,
 * `REFERENCE_UNRESOLVED`, and `VALIDATION_FAILED` when the result is not a valid configuration.
 */
export async function bindTemplate(
  operation: Operation,
  { templates, variables, references }: TemplateDependencies,
  { request, rules }: { request: BindingRequest; rules: Omit<RequestRules, 'voicePolicy'> },
): Promise<Bound> {
  const { key, voicePolicy } = operation;
  const { id, version, variables: ofRequest = {}, overrides, traffic } = request;
  const [template, ofOrganisation] = await Promise.all([
    version === undefined ? templates.newest(id) : templates.version(id, version),
    variables.read(key.orgId),
  ]);
  if (!template) throw unknownTemplate(id, version);
  assertForRole(template, key.role);
  const config = renderFor(template, { ofOrganisation, ofRequest, overrides });
  const resolved = await resolve(operation, config, references);
  const asked = parseAssistantRequest(resolved, { ...rules, voicePolicy });
  const { variables: given } = request;
  const binding = { id, version: template.version, variables: given, overrides, operationId: operation.id };
  return { asked: { ...asked, traffic }, binding };
}

/**
 * The most characters that values may fill in: far more than a configuration may have, as overrides may still replace
 * some of them.
 */
const MAX_FILLED = 16 * MAX_CONFIG_BYTES;

/** The configuration that a template gives with these values. Pure. Throws as `valuesFor` does. */
export function renderFor(
  template: Template,
  given: { ofOrganisation: JsonObject; ofRequest: JsonObject; overrides?: JsonObject | undefined },
): JsonObject {
  const { assistant } = template.content;
  const values = valuesFor(template, given);
  if (filledLength(assistant, values) > MAX_FILLED) {
    throw validationFailed([
      { field: 'template', detail: 'its values make it far too large; move long texts out of it' },
    ]);
  }
  const rendered = render(assistant, values);
  const patched: unknown = given.overrides ? mergePatch(rendered, given.overrides) : rendered;
  return isJsonObject(patched) ? patched : {};
}

async function resolve(operation: Operation, config: JsonObject, named: NamedIds): Promise<JsonObject> {
  if (referencesIn(config).length === 0) return config;
  const credentials = openAccessSession(operation);
  for (;;) {
    const resolved = await credentials.reauthorising(async () => {
      const record = async () => (await operation.mappings.read(operation.key.orgId)).record;
      const { apiKey } = await credentials.access(record);
      return await resolveReferences(config, { named, account: operation.vapi.open(apiKey, operation.deadline) });
    });
    if (resolved) return resolved;
  }
}

/** Throws `VALIDATION_FAILED` for a template that is not for this role. */
export function assertForRole({ templateId, content: { roles } }: Template, role: Role): void {
  if (!roles || roles.includes(role)) return;
  throw validationFailed([{ field: 'template', detail: `${templateId} is for ${roles.join(', ')}, not for ${role}` }]);
}

/** The problem that there is no such template, or no such version of it. */
export function unknownTemplate(id: string, version: number | undefined): Problem {
  const what =
    version === undefined ? `There is no template ${id}` : `There is no version ${version} of a template ${id}`;
  return new Problem('TEMPLATE_UNKNOWN', `${what}. GET /templates names those that are.`, { withoutEffect: true });
}
