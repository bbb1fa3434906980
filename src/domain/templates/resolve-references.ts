import type { VapiAccount } from '../account/vapi-account.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type FieldError, Problem } from '../problem.ts';
import type { Runtime } from '../runtime.ts';
import { parseReference, type Reference, referencesIn } from './references.ts';

/** How long the names of an account are remembered, in ms. */
const REMEMBERED_MS = 10 * 60_000;

/** The most pairs of account and kind that are remembered at a time. */
const MOST_REMEMBERED = 200;

type Names = ReadonlyMap<string, readonly string[]>;

/** Remembers which ids the names of an account stand for, for as long as the environment lives. */
export class NamedIds {
  readonly #accounts = new Map<string, { names: Names; until: number }>();
  readonly #runtime: Pick<Runtime, 'now'>;

  constructor(runtime: Pick<Runtime, 'now'>) {
    this.#runtime = runtime;
  }

  /** The ids that a name stands for. Reads the account again unless exactly one is remembered. */
  async idsOf(account: VapiAccount, { kind, name }: Reference): Promise<readonly string[]> {
    const key = `${account.keyFingerprint}/${kind}`;
    const known = this.#accounts.get(key);
    const ids = known && this.#runtime.now() < known.until ? known.names.get(name) : undefined;
    if (ids?.length === 1) return ids;
    const names = namesOf(await account.named(kind));
    this.#accounts.delete(key);
    this.#accounts.set(key, { names, until: this.#runtime.now() + REMEMBERED_MS });
    const [oldest] = this.#accounts.keys();
    if (this.#accounts.size > MOST_REMEMBERED && oldest !== undefined) this.#accounts.delete(oldest);
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
  { named, account }: { named: NamedIds; account: VapiAccount },
): Promise<JsonObject> {
  const ids = new Map<string, string>();
  const errors: FieldError[] = [];
  for (const reference of referencesIn(config)) {
    const key = keyOf(reference);
    if (ids.has(key) || errors.some(({ field }) => field === key)) continue;
    const [id, ...others] = await named.idsOf(account, reference);
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
