import { cursorError, validationFailed } from '../../domain/problem.ts';

/** A position in a list, as callers get it: not to be looked into. */
export function cursorOf(position: string): string {
  return Buffer.from(position).toString('base64url');
}

/** The position that a caller has sent back. Throws `VALIDATION_FAILED` for what was never one of this list. */
export function positionIn(cursor: string, isPosition: (text: string) => boolean, note?: string): string {
  const position = Buffer.from(cursor, 'base64url').toString('utf8');
  if (isPosition(position)) return position;
  throw validationFailed([cursorError(note)]);
}
