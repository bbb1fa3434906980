import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** A literal `${`, written `$${`; or a place for a value, `${…}`. */
const PLACES = /\$\$\{|\$\{([^{}]*)\}/g;

/** A text that consists of a single place. */
const ONE_PLACE = /^\$\{([^{}]*)\}$/;

/** Values by the names of their variables. Undefined: the variable is declared and has no value. */
export type Values = ReadonlyMap<string, Json | undefined>;

/**
 * Puts values into a configuration, in one pass: the values themselves are not rendered. A text that consists of a
 * single place becomes the value with its type, and is left out when there is none. Places of unknown variables stay.
 * Pure; takes any JSON.
 */
export function render(assistant: JsonObject, values: Values): JsonObject {
  return renderObject(assistant, values);
}

function renderObject(object: JsonObject, values: Values): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, value]) => {
      const rendered = renderValue(value, values);
      return rendered === undefined ? [] : [[name, rendered]];
    }),
  );
}

function renderValue(value: Json, values: Values): Json | undefined {
  if (Array.isArray(value)) {
    return value.map((entry) => renderValue(entry, values)).filter((entry) => entry !== undefined);
  }
  if (isJsonObject(value)) return renderObject(value, values);
  return typeof value === 'string' ? renderText(value, values) : value;
}

function renderText(text: string, values: Values): Json | undefined {
  const [, only] = ONE_PLACE.exec(text) ?? [];
  if (only !== undefined && values.has(only)) return values.get(only);
  return text.replace(PLACES, (place, name: string | undefined) => {
    if (name === undefined) return '${';
    return values.has(name) ? inText(values.get(name)) : place;
  });
}

/** Within a text, numbers, booleans and JSON are written as JSON. */
function inText(value: Json | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** How many characters the values would put into a configuration. */
export function filledLength(assistant: JsonObject, values: Values): number {
  const lengths = new Map([...values].map(([name, value]) => [name, inText(value).length]));
  const lengthIn = (value: Json): number => {
    if (typeof value === 'string') {
      return [...value.matchAll(PLACES)].reduce((sum, [, name]) => sum + (lengths.get(name ?? '') ?? 0), 0);
    }
    const parts = Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
    return parts.reduce((sum: number, part) => sum + lengthIn(part), 0);
  };
  return lengthIn(assistant);
}

/** The variables that a configuration uses, each once. */
export function variablesIn(value: Json): ReadonlySet<string> {
  if (typeof value === 'string') {
    return new Set([...value.matchAll(PLACES)].flatMap(([, name]) => (name === undefined ? [] : [name])));
  }
  const parts = Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
  return new Set(parts.flatMap((part) => [...variablesIn(part)]));
}
