import type { AssistantKey } from '../configuration/assistant-key.ts';
import { askedFor } from '../configuration/configuration.ts';
import { mask } from '../configuration/masking.ts';
import type { Json } from '../json.ts';
import type { SpecStore } from '../mapping/stores.ts';

/**
 * A stored configuration as its owner may read it: as it was asked for, in Vapi's form, with every secret hidden. Null
 * when nothing was applied yet, or when the table has lost it.
 */
export async function shownConfiguration(specs: SpecStore, key: AssistantKey, specHash: string | null): Promise<Json> {
  const stored = specHash === null ? undefined : await specs.load(key, specHash);
  return stored ? mask(askedFor(stored)) : null;
}
