import { type FieldError, validationFailed } from './problem.ts';

/** The most, and the usual number, of items in a page of any list. */
const MAX_LIMIT = 200;
const LIMIT = 50;

/** Reads `limit`: 1 to 200, 50 when it is absent. Adds to `errors` what is wrong with it. */
export function limitIn(limit: string | undefined, errors: FieldError[]): number {
  const count = limit === undefined ? LIMIT : Number(limit);
  if (limit?.trim() === '' || !Number.isInteger(count) || count < 1 || count > MAX_LIMIT) {
    errors.push({ field: 'limit', detail: `use a number from 1 to ${MAX_LIMIT}` });
  }
  return count;
}

/** Reads `limit` and `cursor` of a list that takes nothing else that could be wrong. Throws `VALIDATION_FAILED`. */
export function pageIn({ limit, cursor }: Readonly<Record<string, string | undefined>>): {
  limit: number;
  after: string | undefined;
} {
  const errors: FieldError[] = [];
  const count = limitIn(limit, errors);
  if (errors.length > 0) throw validationFailed(errors);
  return { limit: count, after: cursor };
}
