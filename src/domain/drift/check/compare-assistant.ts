import { diffAssistant, type FieldChange } from '../../configuration/diff.ts';
import { isIgnored } from '../../configuration/untouched.ts';
import type { Json, JsonObject } from '../../json.ts';
import { isJsonObject, segmentsOf } from '../../json.ts';
import { MAX_FIELDS } from '../finding.ts';
import { type Origin, type ShownChange, showChange } from './shown-change.ts';

export interface Comparison {
  /** The configuration that was applied last. */
  wanted: JsonObject;
  live: JsonObject;
  /** Further configurations that may have reached Vapi. */
  attempted: readonly JsonObject[];
  /** JSON Pointers: these fields, and all below them, are not compared. */
  ignored: readonly string[];
  /** Fields that differed before and were healed since. */
  healedBefore: readonly string[];
}

/** The differences, if any. Only declared fields are compared, by the rules of a sync. */
export function compareAssistant(comparison: Comparison): FieldChange[] {
  const { wanted, live, attempted, ignored } = comparison;
  const changes = diffAssistant({ wanted, live, lastApplied: attempted, alreadyApplied: attempted.length === 0 });
  return changes.filter(({ path }) => !isIgnored(path, ignored));
}

/** The first differences, as they are reported. */
export function showChanges(changes: readonly FieldChange[], comparison: Comparison): ShownChange[] {
  return changes.slice(0, MAX_FIELDS).map((change) => showChange(change, originOf(change, comparison)));
}

/**
 * Our own update did not take effect, when the live value is that of an update of unknown outcome, or when the field
 * was healed and differs again. Anything else was changed by somebody else.
 */
function originOf({ path, live }: FieldChange, { attempted, healedBefore }: Comparison): Origin {
  if (healedBefore.includes(path)) return 'never-applied';
  const isFromAttempt = attempted.some((config) => isSame(valueAt(config, path), live));
  return isFromAttempt ? 'never-applied' : 'edited-at-vapi';
}

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

function valueAt(config: JsonObject, path: string): Json | undefined {
  return segmentsOf(path).reduce<Json | undefined>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)];
    return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }, config);
}
