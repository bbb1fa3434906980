import { isJsonObject, type JsonObject } from '../stack/json.ts';

/** The complaints about the value at `path`, in the words of Vapi's validator. */
export type Check = (value: unknown, path: string) => string[];

/** An object's known fields. `null` stands for "absent", as it does at Vapi. */
export type Shape = { fields: Record<string, Check>; required?: readonly string[] };

const none: string[] = [];

/** Accepts everything: for fields whose content the stand-in does not know. */
export const anything: Check = () => none;

/** A boolean. */
export const flag: Check = (value, path) => (typeof value === 'boolean' ? none : [`${path} must be a boolean value`]);

/** Any object, whatever is inside. */
export const anyObject: Check = (value, path) => (isJsonObject(value) ? none : [`${path} must be an object`]);

/** Text of a length, a pattern or a list of values. */
export function text(limits: { min?: number; max?: number; pattern?: RegExp; oneOf?: readonly string[] } = {}): Check {
  const { min = 0, max = Number.POSITIVE_INFINITY, pattern, oneOf } = limits;
  return (value, path) => {
    if (typeof value !== 'string') return [`${path} must be a string`];
    if (value.length > max) return [`${path} must be shorter than or equal to ${max} characters`];
    if (value.length < min) return [`${path} must be longer than or equal to ${min} characters`];
    if (pattern && !pattern.test(value)) return [`${path} must match ${pattern} regular expression`];
    if (oneOf && !oneOf.includes(value)) return [`${path} must be one of the following values: ${oneOf.join(', ')}`];
    return none;
  };
}

/** A finite number within bounds, both inclusive. */
export function number(limits: { min?: number; max?: number } = {}): Check {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limits;
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      return [`${path} must be a number conforming to the specified constraints`];
    }
    if (value < min) return [`${path} must not be less than ${min}`];
    if (value > max) return [`${path} must not be greater than ${max}`];
    return none;
  };
}

/** An array whose items pass `item`. */
export function list(item: Check = anything): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return [`${path} must be an array`];
    return value.flatMap((entry, index) => item(entry, `${path}.${index}`));
  };
}

/** Passes when one of the alternatives does; otherwise the complaint of the last one. */
export function either(first: Check, second: Check): Check {
  return (value, path) => (first(value, path).length === 0 ? none : second(value, path));
}

/** An object of a known shape; properties outside of it are refused. */
export function object(shape: Shape): Check {
  return (value, path) => (isJsonObject(value) ? checkShape(value, shape, path) : [`${path} must be an object`]);
}

/** Complaints about an object, top level (`path` empty) or nested. */
export function checkShape(value: JsonObject, shape: Shape, path = ''): string[] {
  const at = (name: string) => (path ? `${path}.${name}` : name);
  const missing = (shape.required ?? [])
    .filter((name) => value[name] === undefined || value[name] === null)
    .map((name) => `${at(name)} should not be empty`);
  const wrong = Object.entries(value).flatMap(([name, field]) => {
    const check = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
    if (!check) return [at(`property ${name} should not exist`)];
    return field === null || field === undefined ? none : check(field, at(name));
  });
  return [...wrong, ...missing];
}

/** The same check for each of the names in a space-separated list. */
export function each(names: string, check: Check = anything): Record<string, Check> {
  return Object.fromEntries(
    names
      .split(' ')
      .filter(Boolean)
      .map((name) => [name, check]),
  );
}
