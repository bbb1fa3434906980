import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { JsonObject } from '../json.ts';
import { validationFailed } from '../problem.ts';

/** SHA-256 (hex) of the RFC 8785 canonical form. Throws `VALIDATION_FAILED` for text that is not valid Unicode. */
export function hashOf(value: JsonObject): string {
  return createHash('sha256').update(canonicalForm(value)).digest('hex');
}

function canonicalForm(value: JsonObject): string {
  try {
    const text: unknown = canonicalize(value);
    if (typeof text === 'string') return text;
  } catch (cause) {
    const detail = Error.isError(cause) ? cause.message : 'no canonical form';
    throw validationFailed([{ field: 'body', detail: `${detail}; send valid Unicode and finite numbers` }]);
  }
  throw validationFailed([{ field: 'body', detail: 'must be a JSON object' }]);
}
