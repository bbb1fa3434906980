import { NAMED_KINDS, type NamedKind, type VapiAccount } from '../account/vapi-account.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type FieldError, Problem, validationFailed } from '../problem.ts';
import type { Runtime } from '../runtime.ts';
import { variablesIn } from './render.ts';

interface Reference {
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

function parseReference(value: Json): Reference | undefined {
  if (!isJsonObject(value) || Object.keys(value).length !== 1 || !isJsonObject(value.$ref)) return undefined;
  const [entry, ...others] = Object.entries(value.$ref);
  const kind = NAMED_KINDS.find((known) => known === entry?.[0]);
  const name = entry?.[1];
  if (others.length > 0 || !kind || typeof name !== 'string' || name === '') return undefined;
  return { kind, name };
}

/** How long the names of an account are remembered, in ms. */
const REMEMBERED_MS = 10 * 60_000;

/** The most pairs of account and kind that are remembered at a time. */
const KEPT = 200;

type Names = ReadonlyMap<string, readonly string[]>;

/** Remembers which ids the names of an account stand for, for as long as the environment lives. */
export class ReferenceBook {
  readonly #pages = new Map<string, { names: Names; until: number }>();
  readonly #runtime: Pick<Runtime, 'now'>;

  constructor(runtime: Pick<Runtime, 'now'>) {
    this.#runtime = runtime;
  }

  /** The ids that a name stands for. Reads the account again unless exactly one is remembered. */
  async idsOf(account: VapiAccount, { kind, name }: Reference): Promise<readonly string[]> {
    const key = `${account.keyFingerprint}/${kind}`;
    const known = this.#pages.get(key);
    const ids = known && this.#runtime.now() < known.until ? known.names.get(name) : undefined;
    if (ids?.length === 1) return ids;
    const names = namesOf(await account.named(kind));
    this.#pages.delete(key);
    this.#pages.set(key, { names, until: this.#runtime.now() + REMEMBERED_MS });
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > KEPT && oldest !== undefined) this.#pages.delete(oldest);
    return names.get(name) ?? [];
  }
}

function namesOf(entries: readonly { id: string; name: string }[]): Names {
  return new Map([...Map.groupBy(entries, ({ name }) => name)].map(([name, same]) => [name, same.map(({ id }) => id)]));
}

/**
 * Replaces references by the ids that the account has for their names. Throws `REFERENCE_UNRESOLVED` naming every
 * reference that stands for no id or for several.
 */
export async function resolveReferences(
  config: JsonObject,
  { book, account }: { book: ReferenceBook; account: VapiAccount },
): Promise<JsonObject> {
  const ids = new Map<string, string>();
  const errors: FieldError[] = [];
  for (const reference of referencesIn(config)) {
    const key = keyOf(reference);
    if (ids.has(key) || errors.some(({ field }) => field === key)) continue;
    const [id, ...others] = await book.idsOf(account, reference);
    if (id !== undefined && others.length === 0) ids.set(key, id);
    else
      errors.push({
        field: key,
        detail: id === undefined ? 'the account has none of this name' : 'several have this name',
      });
  }
  if (errors.length > 0) throw unresolved(errors);
  return replaceIn(config, ids);
}

function keyOf({ kind, name }: Reference): string {
  return `$ref.${kind}.${name}`;
}

function unresolved(errors: readonly FieldError[]): Problem {
  const named = errors.map(({ field, detail }) => `${field}: ${detail}`).join('; ');
  const detail = `Names do not stand for exactly one thing in the Vapi account of the organisation: ${named}. Make or rename them there, or give ids.`;
  return new Problem('REFERENCE_UNRESOLVED', detail, { errors, withoutEffect: true });
}

function replaceIn(object: JsonObject, ids: ReadonlyMap<string, string>): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, replaced(value, ids)]));
}

function replaced(value: Json, ids: ReadonlyMap<string, string>): Json {
  const reference = parseReference(value);
  if (reference) return ids.get(keyOf(reference)) ?? null;
  if (Array.isArray(value)) return value.map((entry) => replaced(entry, ids));
  return isJsonObject(value) ? replaceIn(value, ids) : value;
}
