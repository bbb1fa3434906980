import { hashOf } from '../configuration/canonical-hash.ts';
import { hiddenErrors } from '../configuration/masking.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type FieldError, Problem, validationFailed } from '../problem.ts';
import type { Values } from './render.ts';
import type { Template, Variable } from './template.ts';

/** True for a value that a variable of this type may have. */
export function isOfType(value: Json, type: Variable['type']): boolean {
  return type === 'json' || typeof value === type;
}

interface Given {
  /** Values of the organisation, for all templates. */
  ofOrganisation: JsonObject;
  /** Values of the request. */
  ofRequest: JsonObject;
}

/**
 * The values of a template's variables: its defaults, overridden by those of the organisation, overridden by those of
 * the request. Throws `VALIDATION_FAILED` for a value of another type and for a variable that the template does not
 * declare, `VARIABLES_MISSING` naming every required value that is missing.
 */
export function valuesFor({ templateId, version, content }: Template, { ofOrganisation, ofRequest }: Given): Values {
  const { variables } = content;
  const unknown = Object.keys(ofRequest).filter((name) => !Object.hasOwn(variables, name));
  const errors: FieldError[] = unknown.map((name) => ({
    field: `variables.${name.slice(0, 64)}`,
    detail: `version ${version} of ${templateId} has no such variable; remove it`,
  }));
  const values = new Map<string, Json | undefined>();
  for (const [name, variable] of Object.entries(variables)) {
    // Null is a value too.
    const given = [ofRequest, ofOrganisation].find((values) => Object.hasOwn(values, name));
    const value = given ? given[name] : variable.default;
    if (value !== undefined && !isOfType(value, variable.type)) {
      const whose = given === ofOrganisation ? 'the value of the organisation ' : '';
      errors.push({ field: `variables.${name}`, detail: `${whose}must be of the type ${variable.type}` });
    }
    values.set(name, value);
  }
  if (errors.length > 0) throw validationFailed(errors);
  assertNoneMissing(variables, values);
  return values;
}

function assertNoneMissing(variables: Readonly<Record<string, Variable>>, values: Values): void {
  const missing = Object.keys(variables).filter((name) => variables[name]?.required && values.get(name) === undefined);
  if (missing.length === 0) return;
  const detail = `The template needs values that nobody has given: ${missing.join(', ')}. Give them in \`variables\`, or for the organisation by PUT /orgs/{orgId}/variables.`;
  const errors = missing.map((name) => ({ field: `variables.${name}`, detail: 'is required; give a value' }));
  throw new Problem('VARIABLES_MISSING', detail, { errors, withoutEffect: true });
}

/** The largest variables of an organisation, and the largest values given with a binding, in bytes of JSON. */
export const MAX_GIVEN_BYTES = 16 * 1024;

/**
 * Checks the variables of an organisation. Throws `VALIDATION_FAILED`, also for numbers that JSON cannot hold and for
 * invalid Unicode.
 */
export function parseVariables(body: unknown, name: RegExp): JsonObject {
  if (!isJsonObject(body)) throw validationFailed([{ field: 'body', detail: 'must be an object of names and values' }]);
  const errors = Object.keys(body)
    .filter((key) => !name.test(key))
    .map((key) => ({
      field: key.slice(0, 64) || '""',
      detail: 'use 1 to 64 letters, digits and _ as a name, not beginning with a digit',
    }));
  if (Buffer.byteLength(JSON.stringify(body)) > MAX_GIVEN_BYTES) {
    errors.push({ field: 'body', detail: `larger than ${MAX_GIVEN_BYTES} bytes` });
  }
  errors.push(...hiddenErrors(body, ''));
  if (errors.length > 0) throw validationFailed(errors);
  // A value without a canonical form could be stored, but no configuration be made of it.
  hashOf(body);
  return body;
}
