import * as z from 'zod/mini';
import type { TrafficWish } from '../configuration/assistant-request.ts';
import { hashOf } from '../configuration/canonical-hash.ts';
import { ID } from '../configuration/id.ts';
import { hiddenErrors } from '../configuration/masking.ts';
import { fieldErrorsIn } from '../field-errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type FieldError, validationFailed } from '../problem.ts';
import { MAX_GIVEN_BYTES } from './values.ts';

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
  // Content without a canonical form could be stored, but not be compared with what is given the next time.
  hashOf({ variables: given.variables ?? {}, overrides: given.overrides ?? {} });
  return { id, ...given };
}

function givenErrors(given: Json, field: string): FieldError[] {
  const errors = hiddenErrors(given, field);
  if (Buffer.byteLength(JSON.stringify(given)) <= MAX_GIVEN_BYTES) return errors;
  return [{ field, detail: `larger than ${MAX_GIVEN_BYTES} bytes; put it into the template` }, ...errors];
}

const BESIDE_TEMPLATE = 'cannot stand beside `template`; put it into `overrides`';
