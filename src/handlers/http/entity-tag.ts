import type { ExpectedRevision } from '../../domain/expected-revision.ts';
import { validationFailed } from '../../domain/problem.ts';
import type { HttpRequest } from './request.ts';

/** The header that names the revision of an answer, or its content (RFC 9110, 8.8.3). */
export function entityTag(revision: number | string): { ETag: string } {
  return { ETag: `"${revision}"` };
}

const CONTENT_TAG = /^"[0-9a-f]{16}"$/;

/**
 * Reads `If-Match` where the tag names a content: the tag as it was answered, or undefined. Throws `VALIDATION_FAILED`
 * for anything else.
 */
export function parseContentTag({ headers }: HttpRequest): string | undefined {
  const match = headers['if-match']?.trim();
  if (match === undefined || CONTENT_TAG.test(match)) return match;
  throw validationFailed([{ field: 'If-Match', detail: 'use the ETag as it was answered' }]);
}

const REVISION_TAG = /^"(0|[1-9]\d{0,14})"$/;

/**
 * Reads `If-Match` (one tag as our answers give it, or `*`: it must exist) and `If-None-Match` (only `*`: it must not
 * exist). Throws `VALIDATION_FAILED` for anything else.
 */
export function parsePrecondition({ headers }: HttpRequest): ExpectedRevision {
  const match = headers['if-match']?.trim();
  const noneMatch = headers['if-none-match']?.trim();
  if (noneMatch !== undefined) {
    if (noneMatch === '*' && match === undefined) return { revision: 'none' };
    throw validationFailed([{ field: 'If-None-Match', detail: 'use *, and no If-Match beside it' }]);
  }
  if (match === undefined) return {};
  if (match === '*') return { revision: 'any' };
  const [, revision] = REVISION_TAG.exec(match) ?? [];
  if (revision !== undefined) return { revision: Number(revision) };
  throw validationFailed([{ field: 'If-Match', detail: 'use one ETag as it was answered, for example "3", or *' }]);
}
