import { askedFor, type Configuration } from '../configuration/configuration.ts';
import { isJsonObject, type Json, type JsonObject, pointer } from '../json.ts';

/** The most pointers that a change names. */
const MAX_PATHS = 100;

/** Metadata that held nothing but what is ours was not asked for. */
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
    .map((name) => pointer('', name))
    .toSorted();
}

/** JSON Pointers of the leaves that differ; a list of another length is one. */
export function changedPaths(before: Configuration, after: Configuration): string[] {
  return differences(wholeOf(before), wholeOf(after), '').toSorted().slice(0, MAX_PATHS);
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
