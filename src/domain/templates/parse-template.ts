import * as z from 'zod/mini';
import { ROLES } from '../configuration/assistant-key.ts';
import { MAX_CONFIG_BYTES, parseAssistantRequest, type RequestRules } from '../configuration/assistant-request.ts';
import { reservedErrors } from '../configuration/configuration.ts';
import { hiddenErrors } from '../configuration/masking.ts';
import { fieldErrorsIn } from '../field-errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type FieldError, Problem, validationFailed } from '../problem.ts';
import { isReference, referenceErrors } from './references.ts';
import { variablesIn } from './render.ts';
import { type TemplateContent, VARIABLE_TYPES, type Variable } from './template.ts';
import { isOfType } from './values.ts';

/** The form of the name of a variable. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

const MAX_VARIABLES = 100;

const variableSchema = z.strictObject(
  {
    type: z.enum(VARIABLE_TYPES, `use one of: ${VARIABLE_TYPES.join(', ')}`),
    required: z.exactOptional(z.boolean('use true or false')),
    default: z.exactOptional(z.custom<Json>((value) => value !== undefined)),
  },
  'must be an object: type, required, default',
);

const contentSchema = z.lazy(() =>
  z.strictObject({
    description: z.exactOptional(z.string('must be a string').check(z.maxLength(1000, 'use at most 1000 characters'))),
    roles: z.exactOptional(
      z
        .array(z.enum(ROLES, `use one of: ${ROLES.join(', ')}`), 'must be a list of roles')
        .check(z.minLength(1, 'name a role, or leave it out')),
    ),
    variables: z._default(z.record(z.string(), variableSchema, 'must be an object'), {}),
    assistant: z.custom<JsonObject>(isJsonObject, 'must be an object: what PUT of an assistant takes'),
  }),
);

type Rules = Omit<RequestRules, 'allowEmpty'>;

/** Checks the body of a PUT of a template. Throws `VALIDATION_FAILED` naming everything that is wrong. */
export function parseTemplate(body: unknown, rules: Rules): TemplateContent {
  if (!isJsonObject(body)) throw validationFailed([{ field: 'body', detail: 'must be a JSON object' }]);
  const parsed = contentSchema.safeParse(body);
  const errors = parsed.success ? [] : parsed.error.issues.flatMap((issue) => fieldErrorsIn(issue));
  const { variables, assistant } = body;
  if (isJsonObject(assistant)) {
    errors.push(...variableErrors(isJsonObject(variables) ? variables : {}, assistant));
    errors.push(...assistantErrors(assistant, rules));
    errors.push(...referenceErrors(assistant).map((error) => ({ ...error, field: `assistant.${error.field}` })));
  }
  if (Buffer.byteLength(JSON.stringify(body)) > MAX_CONFIG_BYTES) {
    errors.push({ field: 'body', detail: `larger than ${MAX_CONFIG_BYTES} bytes` });
  }
  if (errors.length > 0 || !parsed.success) throw validationFailed(errors);
  return parsed.data;
}

function variableErrors(variables: JsonObject, assistant: JsonObject): FieldError[] {
  const declared = Object.keys(variables);
  const used = variablesIn(assistant);
  const errors: FieldError[] = [];
  if (declared.length > MAX_VARIABLES) {
    errors.push({ field: 'variables', detail: `use at most ${MAX_VARIABLES} variables` });
  }
  for (const name of declared) {
    const field = `variables.${name.slice(0, 64)}`;
    if (!VARIABLE_NAME.test(name)) {
      errors.push({ field, detail: 'use 1 to 64 letters, digits and _, not beginning with a digit' });
    }
    if (!used.has(name)) errors.push({ field, detail: 'nothing in `assistant` uses it; remove it' });
    const variable = variableSchema.safeParse(variables[name]);
    if (variable.success) errors.push(...defaultErrors(`${field}.default`, variable.data));
  }
  const undeclared = [...used].filter((name) => !declared.includes(name));
  const detail = 'is used and not declared; declare it under `variables`, or write $${ for a literal ${';
  return [...errors, ...undeclared.map((name) => ({ field: `variables.${name.slice(0, 64)}`, detail }))];
}

function defaultErrors(field: string, variable: Variable): FieldError[] {
  if (variable.default === undefined) return [];
  if (isOfType(variable.default, variable.type)) return hiddenErrors(variable.default, field);
  return [{ field, detail: `must be of the type ${variable.type}` }];
}

/** The rules of PUT, except for fields whose value is known only when the template is rendered. */
function assistantErrors(assistant: JsonObject, rules: Rules): FieldError[] {
  const found = requestErrors(assistant, rules).filter(({ field }) => !isOpen(assistant, field.split('.')));
  const errors = [...found, ...reservedErrors(assistant), ...trafficErrors(assistant)];
  return errors.map(({ field, detail }) => ({ field: `assistant.${field}`, detail }));
}

function requestErrors(assistant: JsonObject, rules: Rules): readonly FieldError[] {
  try {
    parseAssistantRequest(assistant, { ...rules, allowEmpty: false });
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.errors;
  }
}

function trafficErrors({ traffic }: JsonObject): FieldError[] {
  if (traffic === undefined) return [];
  return [{ field: 'traffic', detail: 'is no part of a configuration; remove it' }];
}

/** True when the value at a path, or one on the way to it, depends on variables or on an account. */
function isOpen(value: Json | undefined, path: readonly string[]): boolean {
  if (value === undefined) return false;
  if (typeof value === 'string') return variablesIn(value).size > 0;
  if (isReference(value)) return true;
  const [name, ...rest] = path;
  if (name === undefined) return variablesIn(value).size > 0;
  if (Array.isArray(value)) return isOpen(value[Number(name)], rest);
  if (!isJsonObject(value)) return false;
  const isModelLater = name === 'tools' && value.tools !== undefined && isOpen(value.model, []);
  return isOpen(value[name], rest) || isModelLater;
}
