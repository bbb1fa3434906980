/** JSON as `JSON.parse` makes it (RFC 8259). */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/**
 * True for `{…}`, false for arrays, null and scalars. For values that `JSON.parse` made: what is inside is not looked
 * at.
 */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON Pointer (RFC 6901) one step below `parent`. */
export function pointer(parent: string, key: string | number): string {
  return `${parent}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The longest pointer that is kept or told, in bytes of JSON. */
const LONGEST_POINTER = 256;

/** A pointer, or what is around it: the names of fields, and so pointers, may be larger than any item or event. */
export function shortPointer(path: string): string {
  let short = path;
  while (Buffer.byteLength(JSON.stringify(short)) > LONGEST_POINTER) short = short.slice(0, short.lastIndexOf('/'));
  return short;
}

/** The names that a JSON Pointer goes through; none for the whole document. */
export function namesIn(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}
