import { isJsonObject, type Json, type JsonObject, segmentsOf } from '../json.ts';
import { own } from './diff.ts';

/**
 * The wanted configuration with the live value at each JSON Pointer, so that a difference there is ignored. What is
 * absent in the live assistant is left out. Pointers into lists have no effect, as the items of a list have no names.
 */
export function leaveAsLive(wanted: JsonObject, live: JsonObject, pointers: readonly string[]): JsonObject {
  return pointers.reduce((left, pointer) => leaveOne(left, live, segmentsOf(pointer)), wanted);
}

function leaveOne(wanted: JsonObject, live: Json | undefined, [name, ...rest]: readonly string[]): JsonObject {
  if (name === undefined || !isJsonObject(live)) return wanted;
  const current = own(live, name);
  const target = own(wanted, name);
  if (rest.length > 0) {
    return isJsonObject(target) ? { ...wanted, [name]: leaveOne(target, current, rest) } : wanted;
  }
  if (current !== undefined) return { ...wanted, [name]: current };
  const { [name]: _absent, ...left } = wanted;
  return left;
}

/** True for a pointer that is one of these, or below one. */
export function isIgnored(path: string, pointers: readonly string[]): boolean {
  return pointers.some((pointer) => path === pointer || path.startsWith(`${pointer}/`));
}
