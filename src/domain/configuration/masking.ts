import { isJsonObject, type Json, namesIn } from '../json.ts';
import type { FieldChange } from './diff.ts';

/** What stands in the place of a secret, in answers, reports, findings and logs. */
export const HIDDEN = '[hidden]';

/**
 * Fields whose name says that their value is a secret, or holds some: `apiKey`, `server.headers`, `credentials`,
 * `twilioAuthToken` … Ids of credentials are none.
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

/** The same text with every secret in it replaced. */
export function maskText(text: string): string {
  if (RANDOM_WORD.test(text)) return HIDDEN;
  return SECRET_TEXTS.reduce((masked, pattern) => masked.replace(pattern, HIDDEN), text);
}

/**
 * The same value with every secret in it replaced, by the name of its field or by its own shape. Keys and lengths stay.
 */
export function mask(value: Json, isSecret = false): Json {
  if (typeof value === 'string') return isSecret ? HIDDEN : maskText(value);
  if (Array.isArray(value)) return value.map((item) => mask(item, isSecret));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, mask(inner, isSecret || SECRET_NAME.test(name))]),
  );
}

/** A difference with the secrets of both sides replaced. That the field differs is still said. */
export function maskChange({ path, wanted, live }: FieldChange): FieldChange {
  const isSecret = namesIn(path).some((name) => SECRET_NAME.test(name));
  const masked = { path, wanted: mask(wanted, isSecret) };
  return live === undefined ? masked : { ...masked, live: mask(live, isSecret) };
}
