import { apply as mergePatch } from 'tiny-merge-patch';
import * as z from 'zod/mini';
import { openAccessSession } from '../account/access-session.ts';
import type { Role } from '../configuration/assistant-key.ts';
import {
  type AssistantRequest,
  MAX_CONFIG_BYTES,
  parseAssistantRequest,
  type RequestRules,
  type TrafficWish,
} from '../configuration/assistant-request.ts';
import { hashOf } from '../configuration/canonical-hash.ts';
import { ID } from '../configuration/id.ts';
import { hiddenErrors } from '../configuration/masking.ts';
import { fieldErrorsIn } from '../field-errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { TemplateBinding } from '../mapping/assistant-mapping.ts';
import type { Operation } from '../operation.ts';
import { type FieldError, Problem, validationFailed } from '../problem.ts';
import { type ReferenceBook, referencesIn, resolveReferences } from './references.ts';
import { filledLength, render } from './render.ts';
import type { Template, TemplateStore, VariableStore } from './template.ts';
import { MAX_GIVEN_BYTES, valuesFor } from './values.ts';

/** What binding an assistant to a template depends on. */
export interface TemplateDependencies {
  templates: TemplateStore;
  variables: VariableStore;
  references: ReferenceBook;
}

/** The body of a PUT that names a template. */
export interface BindingRequest {
  id: string;
  /** Absent: the newest. */
  version?: number;
  variables?: JsonObject;
  overrides?: JsonObject;
  traffic?: TrafficWish;
}

const object = z.exactOptional(z.custom<JsonObject>(isJsonObject, 'must be an object'));
const schema = z.lazy(() =>
  z.strictObject({
    template: z.string('use the id of a template').check(z.regex(ID, 'use the id of a template')),
    version: z.exactOptional(z.int('use a number from 1').check(z.gte(1, 'use a number from 1'))),
    variables: object,
    overrides: object,
    traffic: z.exactOptional(z.literal('follow-latest', 'use "follow-latest", or leave it out')),
  }),
);

/** True for the body of a PUT that names a template instead of a configuration. */
export function namesTemplate(body: unknown): boolean {
  return isJsonObject(body) && Object.hasOwn(body, 'template');
}

/** Reads a body that names a template. Throws `VALIDATION_FAILED` naming everything that is wrong. */
export function parseBinding(body: unknown): BindingRequest {
  const parsed = schema.safeParse(body);
  const errors = parsed.success ? [] : parsed.error.issues.flatMap((issue) => fieldErrorsIn(issue, BESIDE_TEMPLATE));
  for (const field of ['variables', 'overrides'] as const) {
    const given = isJsonObject(body) ? body[field] : undefined;
    if (given !== undefined) errors.push(...givenErrors(given, field));
  }
  if (isJsonObject(body) && isJsonObject(body.overrides) && Object.hasOwn(body.overrides, 'traffic')) {
    errors.push({ field: 'overrides.traffic', detail: 'is no part of a configuration; put it beside `template`' });
  }
  if (errors.length > 0 || !parsed.success) throw validationFailed(errors);
  const { template: id, ...given } = parsed.data;
  // What has no canonical form can be kept, and not be compared with what is given the next time.
  hashOf({ variables: given.variables ?? {}, overrides: given.overrides ?? {} });
  return { id, ...given };
}

function givenErrors(given: Json, field: string): FieldError[] {
  const errors = hiddenErrors(given, field);
  if (Buffer.byteLength(JSON.stringify(given)) <= MAX_GIVEN_BYTES) return errors;
  return [{ field, detail: `larger than ${MAX_GIVEN_BYTES} bytes; put it into the template` }, ...errors];
}

const BESIDE_TEMPLATE = 'cannot stand beside `template`; put it into `overrides`';

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

async function resolve(operation: Operation, config: JsonObject, book: ReferenceBook): Promise<JsonObject> {
  if (referencesIn(config).length === 0) return config;
  const credentials = openAccessSession(operation);
  for (;;) {
    const resolved = await credentials.reauthorising(async () => {
      const record = async () => (await operation.mappings.read(operation.key.orgId)).record;
      const { apiKey } = await credentials.access(record);
      return await resolveReferences(config, { book, account: operation.vapi.open(apiKey, operation.deadline) });
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
