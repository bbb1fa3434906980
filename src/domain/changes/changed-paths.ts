import { askedFor, type Configuration } from '../configuration/configuration.ts';
import { isJsonObject, type Json, type JsonObject, pointer, shortPointer } from '../json.ts';

/**
 * The most pointers of a change, and the most bytes of these: ten events must fit into one request to EventBridge (256
 * KB).
 */
const MAX_PATHS = 100;
const MAX_BYTES = 16 * 1024;

/** Metadata that held nothing but our ownership was not given by the caller. */
function withoutEmptyMetadata({ metadata, ...config }: JsonObject): JsonObject {
  const isEmpty = isJsonObject(metadata) && Object.keys(metadata).length === 0;
  return metadata === undefined || isEmpty ? config : { ...config, metadata };
}

function wholeOf(configuration: Configuration): JsonObject {
  return withoutEmptyMetadata(askedFor(configuration));
}

/** JSON Pointers of the fields that a configuration declares. */
export function declaredPaths(configuration: Configuration): string[] {
  return Object.keys(wholeOf(configuration))
    .map((name) => shortPointer(pointer('', name)))
    .toSorted();
}

/**
 * JSON Pointers of the leaves that differ, or of their ancestors when those are too long; a list of another length is
 * one leaf.
 */
export function changedPaths(before: Configuration, after: Configuration): string[] {
  const paths = new Set(differences(wholeOf(before), wholeOf(after), '').map(shortPointer));
  return withinBytes([...paths].toSorted().slice(0, MAX_PATHS));
}

function withinBytes(paths: readonly string[]): string[] {
  let bytes = 0;
  return paths.filter((path) => {
    bytes += Buffer.byteLength(JSON.stringify(path)) + 1;
    return bytes <= MAX_BYTES;
  });
}

function differences(before: Json | undefined, after: Json | undefined, path: string): string[] {
  if (isJsonObject(before) && isJsonObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => differences(before[name], after[name], pointer(path, name)));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((entry, index) => differences(entry, after[index], pointer(path, index)));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [path];
}
