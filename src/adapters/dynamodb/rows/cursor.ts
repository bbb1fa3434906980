import { cursorError, validationFailed } from '../../../domain/problem.ts';

/** A position in a list as a cursor, which callers must not look into. */
export function cursorOf(position: string): string {
  return Buffer.from(position).toString('base64url');
}

/** The position in a cursor. Throws `VALIDATION_FAILED` for a cursor that this list never gave out. */
export function positionIn(cursor: string, isPosition: (text: string) => boolean, note?: string): string {
  const position = Buffer.from(cursor, 'base64url').toString('utf8');
  if (isPosition(position)) return position;
  throw validationFailed([cursorError(note)]);
}
