import type * as z from 'zod/mini';
import type { FieldError } from './problem.ts';

/** The field errors in an issue of a schema. `unknown`: the detail for each field that the schema does not have. */
export function fieldErrorsIn(issue: z.core.$ZodIssue, unknown = 'unknown field; remove it'): FieldError[] {
  const at = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ field: at.join('.') || 'body', detail: issue.message }];
  return issue.keys.map((key) => ({ field: [...at, key.slice(0, 64)].join('.'), detail: unknown }));
}
