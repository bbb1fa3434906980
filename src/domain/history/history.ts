import { compareTexts } from '../compare-texts.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import type { SpecSummary } from '../configuration/summary.ts';
import type { AssistantMapping } from '../mapping/assistant-mapping.ts';
import { mappingOf } from '../mapping/organisation-view.ts';
import type { MappingStore } from '../mapping/stores.ts';
import { Problem } from '../problem.ts';

/** The number of applied configurations of an assistant that are kept and shown: the latest. */
export const KEPT_SPECS = 50;

/** Older ones are removed with every tenth revision: listing them each time would cost more than they do. */
export const PRUNE_EVERY = 10;

/** A configuration that was never applied is kept for this long, in ms: it may belong to a change that is under way. */
const UNDER_WAY_MS = 3_600_000;

/** What is kept of a configuration beside its content. Times are ISO 8601. */
export interface StoredSpec {
  specHash: string;
  /** When it was last sent to Vapi, or about to be. */
  savedAt: string;
  /** When it was first sent to Vapi, or about to be. */
  firstSavedAt: string;
  /**
   * True when Vapi has accepted it, which a configuration stored later says (`appliedBefore`). Of the current one only
   * the mapping says so.
   */
  applied: boolean;
  /** Hashes of configurations that had been applied when this one was stored. */
  appliedBefore: readonly string[];
  summary?: SpecSummary;
}

/** The stored configurations of an assistant. */
export interface SpecHistory {
  /** In no order. */
  list(key: AssistantKey): Promise<StoredSpec[]>;
  /**
   * Removes hashes from the `appliedBefore` of a configuration, unless it was saved again or removed since it was
   * listed.
   */
  forget(key: AssistantKey, spec: StoredSpec, hashes: readonly string[]): Promise<void>;
  /** Removes configurations with their content, except one that was saved again since it was listed. */
  remove(key: AssistantKey, specs: readonly StoredSpec[]): Promise<void>;
}

interface HistoryEntry {
  specHash: string;
  appliedAt: string;
  firstAppliedAt: string;
  /** True for the configuration that is applied now. */
  current: boolean;
  summary: SpecSummary;
}

interface History extends AssistantKey {
  current: string | null;
  entries: HistoryEntry[];
}

/**
 * The configurations that were applied, the latest first. Two reads of the table. Throws `NOT_FOUND` without a mapping.
 */
export async function describeHistory(
  { mappings, history }: { mappings: MappingStore; history: SpecHistory },
  key: AssistantKey,
): Promise<History> {
  const [view, specs] = await Promise.all([mappings.read(key.orgId), history.list(key)]);
  const mapping = mappingOf(view, key);
  if (!mapping) {
    const detail = `No ${key.role} assistant is mapped for this organisation: there is no history. PUT makes the assistant.`;
    throw new Problem('NOT_FOUND', detail);
  }
  const current = mapping.specHash ?? null;
  const entries = specs
    .flatMap((spec) => entryOf(spec, current))
    .toSorted((a, b) => compareTexts(b.appliedAt, a.appliedAt));
  const shown = entries.filter((entry, index) => index < KEPT_SPECS || entry.current);
  return { ...key, current, entries: shown };
}

/** Empty for a configuration that Vapi refused or never received. */
function entryOf(spec: StoredSpec, currentHash: string | null): HistoryEntry[] {
  const { specHash, savedAt: appliedAt, firstSavedAt: firstAppliedAt, applied, summary = {} } = spec;
  const current = specHash === currentHash;
  return applied || current ? [{ specHash, appliedAt, firstAppliedAt, current, summary }] : [];
}

/** The stored configurations that are no longer needed. `now` in epoch ms. */
export function expendableSpecs(specs: readonly StoredSpec[], { specHash, attempted }: AssistantMapping, now: number) {
  const needed = [specHash, ...attempted.map((attempt) => attempt.specHash)];
  const others = specs.filter((spec) => !needed.includes(spec.specHash));
  const applied = others.filter((spec) => spec.applied).toSorted((a, b) => compareTexts(b.savedAt, a.savedAt));
  const refused = others.filter((spec) => !spec.applied && now - Date.parse(spec.savedAt) > UNDER_WAY_MS);
  // The current configuration counts as one of those that are kept.
  return [...applied.slice(KEPT_SPECS - 1), ...refused];
}
