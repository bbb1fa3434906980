/** JSON as `JSON.parse` makes it (RFC 8259). */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/**
 * True for `{…}`, false for arrays, null and scalars. The values inside are not checked: use it on what `JSON.parse`
 * made.
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

/**
 * The pointer if it is short enough, else the longest ancestor that is: names of fields, and so pointers, can be larger
 * than an item or an event may be.
 */
export function shortPointer(path: string): string {
  let short = path;
  while (Buffer.byteLength(JSON.stringify(short)) > LONGEST_POINTER) short = short.slice(0, short.lastIndexOf('/'));
  return short;
}

/** The names in a JSON Pointer, from the outside in; none for the whole document. */
export function segmentsOf(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}
