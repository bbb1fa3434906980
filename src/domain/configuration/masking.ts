import { isJsonObject, type Json, segmentsOf } from '../json.ts';
import type { FieldError } from '../problem.ts';
import type { FieldChange } from './diff.ts';

/** What stands in the place of a secret, in answers, reports, findings and logs. */
export const HIDDEN = '[hidden]';

/**
 * Names of fields that hold secrets: `apiKey`, `server.headers`, `credentials`, `twilioAuthToken` … Not ids of
 * credentials.
 */
const SECRET_NAME =
  /secret|token|passw|passphrase|authorization|api-?key|private-?key|access-?key|headers|cookie|credential(?!s?-?ids?$)|^auth$|^key$/i;

/**
 * Texts that are secrets wherever they stand: authorisation headers, keys of well-known makers, tokens, signed URLs.
 */
const SECRET_TEXTS: readonly RegExp[] = [
  /\b(?:bearer|basic)\s+[\w.~+/=-]{6,}/gi,
  /\b(?:sk|pk|rk)[-_](?:[a-z]+[-_])*[\w-]{8,}/gi,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g,
  /\b(?:gh[pousr]|github_pat|xox[abprs]|glpat)[-_][\w-]{10,}/g,
  /(?<=:\/\/)[^\s/?#@]+(?=@)/g,
  /(?<=[?&](?:[\w-]*(?:key|token|secret|signature|password|sig|auth))=)[^&\s#]+/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g,
];

/** A single word of letters in both cases and digits, too long for a name, and no UUID or hash: keys look like that. */
const RANDOM_WORD = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w+/=-]{32,}$/;

/** A placeholder for a secret, which is not a secret itself: `${apiKey}`, `Bearer ${token}`. */
const PLACE = /^(?:(?:bearer|basic)\s+)?\$\{\w+\}$/i;

/** The same text with every secret in it replaced. */
export function maskText(text: string): string {
  if (RANDOM_WORD.test(text)) return HIDDEN;
  return SECRET_TEXTS.reduce((masked, pattern) => masked.replace(pattern, HIDDEN), text);
}

/**
 * The same value with every secret in it replaced, by the name of its field or by its own shape. Keys and lengths stay.
 */
export function mask(value: Json, isSecret = false): Json {
  if (typeof value === 'string') return isSecret && !PLACE.test(value) ? HIDDEN : maskText(value);
  if (Array.isArray(value)) return value.map((item) => mask(item, isSecret));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, mask(inner, isSecret || SECRET_NAME.test(name))]),
  );
}

/** The value of one field with every secret in it replaced. */
export function maskField(name: string, value: Json): Json {
  return mask(value, SECRET_NAME.test(name));
}

/** A text without blanks that holds the mask: a secret, or a part of one, as an answer has shown it. */
const SENT_BACK = /^\S*\[hidden\]\S*$/;

/** Errors for masks that a caller sends back in the place of secrets: stored, they would replace the secrets. */
export function hiddenErrors(value: Json, field: string): FieldError[] {
  if (typeof value === 'string') {
    return SENT_BACK.test(value) ? [{ field, detail: `${HIDDEN} stands for a secret; give the secret itself` }] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => hiddenErrors(inner, field ? `${field}.${name}` : name));
}

/** A difference with the secrets of both sides masked; it still says that the field differs. */
export function maskChange({ path, wanted, live }: FieldChange): FieldChange {
  const isSecret = segmentsOf(path).some((name) => SECRET_NAME.test(name));
  const masked = { path, wanted: mask(wanted, isSecret) };
  return live === undefined ? masked : { ...masked, live: mask(live, isSecret) };
}
