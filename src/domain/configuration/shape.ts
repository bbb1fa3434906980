import { createHash } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/**
 * Identifies the set of fields that a configuration declares, whatever their values: 16 hex digits of a SHA-256. When
 * one configuration replaces another of the same shape, no field is to be cleared. Undefined for a configuration that
 * names tools by id: which tools to unlink depends on the ids.
 */
export function shapeOf(payload: JsonObject): string | undefined {
  if (isJsonObject(payload.model) && Object.hasOwn(payload.model, 'toolIds')) return undefined;
  return createHash('sha256')
    .update(JSON.stringify(shape(payload)))
    .digest('hex')
    .slice(0, 16);
}

/**
 * How a row keeps the shape of its last configuration; undefined when that has none. The mark begins with the hash of
 * the configuration: a version of the service that knows no shapes changes the hash and leaves the mark, which is then
 * recognised as stale.
 */
export function shapeMark(specHash: string, payload: JsonObject): string | undefined {
  const shape = shapeOf(payload);
  return shape && `${specHash.slice(0, 8)}-${shape}`;
}

/** Objects become sorted lists of name and shape, lists stay lists, everything else becomes null. */
function shape(value: Json): Json {
  if (Array.isArray(value)) return value.map(shape);
  if (!isJsonObject(value)) return null;
  const names = Object.keys(value).toSorted();
  return { fields: names.map((name) => [name, shape(value[name] ?? null)]) };
}
