import { cursorError, type FieldError, validationFailed } from './problem.ts';

/** The most items in a page of any list, and the number when none is asked for. */
const MAX_LIMIT = 200;
const LIMIT = 50;

/** Reads `limit`: 1 to 200, 50 when it is absent. Adds an error for any other value. */
export function limitIn(limit: string | undefined, errors: FieldError[]): number {
  const count = limit === undefined ? LIMIT : wholeNumberIn(limit);
  if (!(count >= 1 && count <= MAX_LIMIT)) {
    errors.push({ field: 'limit', detail: `use a number from 1 to ${MAX_LIMIT}` });
  }
  return count;
}

/** A whole number in decimal digits; `NaN` for any other text. */
function wholeNumberIn(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
}

/** Reads a cursor that is an offset, 0 when it is absent. Adds an error for any other text. */
export function offsetIn(cursor: string | undefined, errors: FieldError[]): number {
  const offset = cursor === undefined ? 0 : wholeNumberIn(cursor);
  if (Number.isNaN(offset)) errors.push(cursorError());
  return offset;
}

/** Reads `limit` and `cursor` of a list that has no other parameter to check. Throws `VALIDATION_FAILED`. */
export function pageIn({ limit, cursor }: Readonly<Record<string, string | undefined>>): {
  limit: number;
  after: string | undefined;
} {
  const errors: FieldError[] = [];
  const count = limitIn(limit, errors);
  if (errors.length > 0) throw validationFailed(errors);
  return { limit: count, after: cursor };
}
