import { type FieldError, validationFailed } from '../../domain/problem.ts';
import type { HttpRequest } from './request.ts';

/**
 * Refuses every query parameter that a route does not accept: a mistyped dry run must not write. Throws
 * `VALIDATION_FAILED` naming each one, with the parameter that it resembles.
 */
export function assertKnownQuery({ query }: HttpRequest, known: readonly string[]): void {
  const unknown = Object.keys(query).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw validationFailed(unknown.map((name) => unknownParameter(name, known)));
}

function unknownParameter(name: string, known: readonly string[]): FieldError {
  return { field: shown(name), detail: `unknown parameter; ${hint(name, known)}` };
}

/** The beginning of a name: an answer does not repeat all of a long one. */
function shown(name: string): string {
  return name.slice(0, 64);
}

function hint(name: string, known: readonly string[]): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(shown(name).toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= candidate.length / 2)
    .toSorted((a, b) => a.distance - b.distance);
  if (nearest) return `did you mean ${nearest.candidate}?`;
  return known.length > 0 ? `this route takes ${known.join(', ')}` : 'this route takes none';
}

/** How many letters must be added, removed or replaced to make one text the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Reads a yes/no query parameter; absent is no. Throws `VALIDATION_FAILED` for anything but `true` and `false`. */
export function parseFlag({ query }: HttpRequest, name: string): boolean {
  const value = query[name];
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw validationFailed([{ field: name, detail: 'use true or false' }]);
}
