import type { FieldError } from './problem.ts';

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
