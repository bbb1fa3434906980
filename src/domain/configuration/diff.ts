import { isJsonObject, type Json, type JsonObject, pointer } from '../json.ts';

/**
 * One field that is not as wanted. `path` is a JSON Pointer; `wanted: null` means cleared, `live` absent means not
 * there.
 */
export interface FieldChange {
  path: string;
  wanted: Json;
  live?: Json;
}

export interface DiffInput {
  wanted: JsonObject;
  live: JsonObject;
  /** Configurations that were applied before, or may have been: what they declared and `wanted` does not is cleared. */
  lastApplied: readonly JsonObject[];
  /**
   * True when exactly `wanted` was applied before. Then a null is not compared again: Vapi may have put a default of
   * its own in the place of what was cleared, and that is not drift.
   */
  alreadyApplied: boolean;
}

/**
 * What has to change so that the live object is as wanted. Only declared fields are compared, nested: server-side
 * defaults and fields set by others are not changes.
 */
export function diffAssistant({ wanted, live, lastApplied, alreadyApplied }: DiffInput): FieldChange[] {
  const compared = alreadyApplied ? withoutNulls(wanted) : wanted;
  const changes = differences(compared, live, '');
  const seen = new Set(changes.map(({ path }) => path));
  for (const last of lastApplied) {
    for (const change of removals({ last, wanted, live, path: '' })) {
      if (!seen.has(change.path)) changes.push(change);
      seen.add(change.path);
    }
  }
  return changes;
}

function withoutNulls(wanted: JsonObject): JsonObject {
  const kept = Object.entries(wanted).filter(([, value]) => value !== null);
  return Object.fromEntries(kept.map(([key, value]) => [key, isJsonObject(value) ? withoutNulls(value) : value]));
}

/** Where the live value is not as wanted, at `path` and below. Only what `wanted` declares is compared. */
export function differences(wanted: Json, live: Json | undefined, path: string): FieldChange[] {
  if (isJsonObject(wanted) && isJsonObject(live)) {
    return Object.keys(wanted).flatMap((key) => differences(wanted[key] ?? null, own(live, key), pointer(path, key)));
  }
  if (Array.isArray(wanted) && Array.isArray(live) && wanted.length === live.length) {
    return wanted.flatMap((item, index) => differences(item, live[index], pointer(path, index)));
  }
  if (wanted === live || (wanted === null && live === undefined)) return [];
  if (isJsonObject(wanted) && Object.keys(wanted).length === 0 && live === undefined) return [];
  return [live === undefined ? { path, wanted } : { path, wanted, live }];
}

interface RemovalInput {
  last: Json | undefined;
  wanted: Json | undefined;
  live: Json | undefined;
  path: string;
}

/** Fields that an earlier configuration declared, this one does not, and the live object still has. */
function removals({ last, wanted, live, path }: RemovalInput): FieldChange[] {
  if (live === undefined || live === null || last === undefined || last === null) return [];
  if (wanted === undefined) return [{ path, wanted: null, live }];
  if (isJsonObject(last) && isJsonObject(wanted) && isJsonObject(live)) {
    return Object.keys(last).flatMap((key) =>
      removals({ last: last[key], wanted: own(wanted, key), live: own(live, key), path: pointer(path, key) }),
    );
  }
  if (Array.isArray(last) && Array.isArray(wanted) && Array.isArray(live)) {
    if (last.length !== wanted.length || wanted.length !== live.length) return [];
    return last.flatMap((item, index) =>
      removals({ last: item, wanted: wanted[index], live: live[index], path: pointer(path, index) }),
    );
  }
  return [];
}

/** An own property; never `constructor` or another name from the prototype. */
export function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
