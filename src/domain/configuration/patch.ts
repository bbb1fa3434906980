import { isJsonObject, type Json, type JsonObject, segmentsOf } from '../json.ts';
import { type DiffInput, diffAssistant, type FieldChange, own } from './diff.ts';

/** The changes, for people, and the PATCH body that makes them; without changes there is no body. */
export interface AssistantPatch {
  changes: FieldChange[];
  body?: JsonObject;
}

/**
 * Fields that mean the same under every provider. When the provider of one of these objects changes, the rest of the
 * live object belongs to the old provider, and Vapi would refuse it under the new one.
 */
const SHARED_FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'model',
    [
      'messages',
      'toolIds',
      'toolRefs',
      'tools',
      'knowledgeBase',
      'temperature',
      'emotionRecognitionEnabled',
      'numFastTurns',
    ],
  ],
  ['voice', ['cachingEnabled', 'chunkPlan']],
  ['transcriber', []],
]);

/**
 * Builds the PATCH for Vapi, whose update is shallow: each changed top-level field is sent whole, as a three-way merge
 * of what was applied, what is wanted and what is live. Undeclared live fields are kept (`model.toolIds` above all).
 */
export function patchAssistant(input: DiffInput): AssistantPatch {
  const changes = diffAssistant(input);
  if (changes.length === 0) return { changes };
  const touched = new Set(changes.map(({ path }) => topLevelField(path)));
  const body = Object.fromEntries([...touched].map((field) => [field, wholeField(field, input)]));
  return { changes, body };
}

function topLevelField(path: string): string {
  return segmentsOf(path)[0] ?? '';
}

function wholeField(field: string, { wanted, live, lastApplied }: DiffInput): Json {
  const target = own(wanted, field);
  if (target === undefined || target === null) return null;
  const current = own(live, field);
  if (!isJsonObject(target) || !isJsonObject(current)) return target;
  const last = lastApplied.map((config) => own(config, field)).filter(isJsonObject);
  return mergeObject(target, keepable(field, target, current), last);
}

function keepable(field: string, target: JsonObject, current: JsonObject): JsonObject {
  const shared = SHARED_FIELDS.get(field);
  if (shared === undefined || target.provider === current.provider) return current;
  return Object.fromEntries(Object.entries(current).filter(([key]) => shared.includes(key)));
}

function mergeObject(wanted: JsonObject, live: JsonObject, last: readonly JsonObject[]): JsonObject {
  const kept = Object.entries(live).filter(
    ([key]) => !Object.hasOwn(wanted, key) && !last.some((config) => (own(config, key) ?? null) !== null),
  );
  const merged = Object.entries(wanted).map(([key, value]): [string, Json] => [
    key,
    mergeValue(
      value,
      own(live, key),
      last.map((config) => own(config, key)),
    ),
  ]);
  return Object.fromEntries([...kept, ...merged]);
}

function mergeValue(wanted: Json, live: Json | undefined, last: readonly (Json | undefined)[]): Json {
  if (isJsonObject(wanted) && isJsonObject(live)) return mergeObject(wanted, live, last.filter(isJsonObject));
  if (!Array.isArray(wanted) || !Array.isArray(live) || wanted.length !== live.length) return wanted;
  // Items have no names: only one that is as wanted is certainly the same one, and keeps its undeclared fields.
  return wanted.map((item, index) => {
    const lastItems = last.map((list) => (Array.isArray(list) ? list[index] : undefined));
    return unchangedItem(item, live[index], lastItems) ?? item;
  });
}

function unchangedItem(
  wanted: Json,
  live: Json | undefined,
  last: readonly (Json | undefined)[],
): JsonObject | undefined {
  if (!isJsonObject(wanted) || !isJsonObject(live)) return undefined;
  const input = { wanted, live, lastApplied: last.filter(isJsonObject), alreadyApplied: false };
  return diffAssistant(input).length === 0 ? live : undefined;
}
