import { createHash } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/**
 * Says which fields a configuration declares, whatever their values are: 16 hex digits of a SHA-256. One configuration
 * after another of the same shape leaves nothing to clear. Undefined for one that names tools by their ids: what is to
 * be unlinked depends on the ids.
 */
export function shapeOf(payload: JsonObject): string | undefined {
  if (isJsonObject(payload.model) && Object.hasOwn(payload.model, 'toolIds')) return undefined;
  return createHash('sha256')
    .update(JSON.stringify(shape(payload)))
    .digest('hex')
    .slice(0, 16);
}

/**
 * How a row says which shape its last configuration has; undefined for one without a shape. It names the configuration:
 * a deployment of before there were shapes puts another one beside it.
 */
export function shapeMark(specHash: string, payload: JsonObject): string | undefined {
  const shape = shapeOf(payload);
  return shape && `${specHash.slice(0, 8)}-${shape}`;
}

/** Objects as lists of name and shape in the order of the names, lists as they are, all else as null. */
function shape(value: Json): Json {
  if (Array.isArray(value)) return value.map(shape);
  if (!isJsonObject(value)) return null;
  const names = Object.keys(value).toSorted();
  return { fields: names.map((name) => [name, shape(value[name] ?? null)]) };
}
