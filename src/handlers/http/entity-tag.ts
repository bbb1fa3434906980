import type { Expectation } from '../../domain/mapping/expectation.ts';
import { validationFailed } from '../../domain/problem.ts';
import type { HttpRequest } from './request.ts';

/** The header that names the revision of an answer (RFC 9110, 8.8.3). */
export function entityTag(revision: number): { ETag: string } {
  return { ETag: `"${revision}"` };
}

const REVISION_TAG = /^"(0|[1-9]\d{0,14})"$/;

/** Reads `If-Match`: one tag as our answers carry it, or `*`. Throws `VALIDATION_FAILED` for anything else. */
export function parseIfMatch({ headers }: HttpRequest): Expectation {
  const given = headers['if-match']?.trim();
  if (given === undefined) return {};
  if (given === '*') return { revision: 'any' };
  const [, revision] = REVISION_TAG.exec(given) ?? [];
  if (revision !== undefined) return { revision: Number(revision) };
  throw validationFailed([{ field: 'If-Match', detail: 'use one ETag as it was answered, for example "3", or *' }]);
}
