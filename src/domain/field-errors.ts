import type * as z from 'zod/mini';
import type { FieldError } from './problem.ts';

/** What a schema says of a body, field by field. `unknown` is said of each field that it has not. */
export function fieldErrorsIn(issue: z.core.$ZodIssue, unknown = 'unknown field; remove it'): FieldError[] {
  const at = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ field: at.join('.') || 'body', detail: issue.message }];
  return issue.keys.map((key) => ({ field: [...at, key.slice(0, 64)].join('.'), detail: unknown }));
}
