import { NAMED_KINDS, type NamedKind } from '../account/vapi-account.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type FieldError, validationFailed } from '../problem.ts';
import { variablesIn } from './render.ts';

export interface Reference {
  kind: NamedKind;
  name: string;
}

/** True for `{"$ref": …}`, whatever it names. */
export function isReference(value: Json): boolean {
  return isJsonObject(value) && Object.hasOwn(value, '$ref');
}

/** The references in a configuration. Throws `VALIDATION_FAILED` naming every `$ref` that is not a valid reference. */
export function referencesIn(config: JsonObject): Reference[] {
  const found = [...placesOf(config, [])];
  const wrong = found.filter(({ reference }) => !reference);
  if (wrong.length > 0) throw validationFailed(wrong.map(errorAt));
  return found.flatMap(({ reference }) => reference ?? []);
}

/** The errors in the references of a template, as far as they depend on no variable. */
export function referenceErrors(assistant: JsonObject): FieldError[] {
  const isWrong = ({ reference, value }: Place) => !reference && variablesIn(value).size === 0;
  return [...placesOf(assistant, [])].filter(isWrong).map(errorAt);
}

/**
 * Throws `VALIDATION_FAILED` naming the references in values that an organisation gives itself: in the platform's
 * account the tools and credentials of all organisations have names, and a name is enough to use them.
 */
export function assertNoReferences(given: JsonObject): void {
  const detail = 'names are for templates, and for operators; give an id';
  const found = [...placesOf(given, [])].map(({ path }) => ({ field: path.join('.'), detail }));
  if (found.length > 0) throw validationFailed(found);
}

/** A place with a `$ref`; `reference` is undefined when it is not a valid one. */
interface Place {
  path: readonly string[];
  value: Json;
  reference: Reference | undefined;
}

function* placesOf(value: Json, path: readonly string[]): Generator<Place> {
  if (isReference(value)) {
    yield { path, value, reference: parseReference(value) };
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) yield* placesOf(part, [...path, name]);
}

function errorAt({ path }: Place): FieldError {
  return { field: path.join('.'), detail: REFERENCE_FORM };
}

const REFERENCE_FORM = `use {"$ref": {"<kind>": "<name>"}} and nothing beside it; kinds: ${NAMED_KINDS.join(', ')}`;

/** The reference in `{"$ref": …}`; undefined when it is not a valid one. */
export function parseReference(value: Json): Reference | undefined {
  if (!isJsonObject(value) || Object.keys(value).length !== 1 || !isJsonObject(value.$ref)) return undefined;
  const [entry, ...others] = Object.entries(value.$ref);
  const kind = NAMED_KINDS.find((known) => known === entry?.[0]);
  const name = entry?.[1];
  if (others.length > 0 || !kind || typeof name !== 'string' || name === '') return undefined;
  return { kind, name };
}
