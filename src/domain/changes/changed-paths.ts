import { type Configuration, withoutOwnership } from '../configuration/configuration.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** The most pointers that a change names. */
const MAX_PATHS = 100;

/** A configuration as it was asked for: its tools beside its fields. */
function wholeOf({ payload, tools }: Configuration): JsonObject {
  return { ...withoutMetadata(withoutOwnership(payload)), ...(tools.length > 0 ? { tools: [...tools] } : {}) };
}

/** Metadata that held nothing but what is ours was not asked for. */
function withoutMetadata({ metadata, ...config }: JsonObject): JsonObject {
  const isEmpty = isJsonObject(metadata) && Object.keys(metadata).length === 0;
  return metadata === undefined || isEmpty ? config : { ...config, metadata };
}

/** JSON Pointers of the fields that a configuration declares. */
export function declaredPaths(configuration: Configuration): string[] {
  return Object.keys(wholeOf(configuration)).map(pointer).toSorted();
}

/** JSON Pointers of the leaves that differ; a list of another length is one. */
export function changedPaths(before: Configuration, after: Configuration): string[] {
  return differences(wholeOf(before), wholeOf(after), '').toSorted().slice(0, MAX_PATHS);
}

function differences(before: Json | undefined, after: Json | undefined, path: string): string[] {
  if (isJsonObject(before) && isJsonObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => differences(before[name], after[name], path + pointer(name)));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((entry, index) => differences(entry, after[index], `${path}/${index}`));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [path];
}

function pointer(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
