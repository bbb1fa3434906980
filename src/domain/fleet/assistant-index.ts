import type { ScopeKey } from '../account/scope.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import type { MappingRow } from '../mapping/organisation-view.ts';

/** The mappings of a whole fleet, and the one that names an assistant. A write of the last second may be missing. */
export interface AssistantIndex {
  /**
   * Mapped assistants of a scope, the oldest at Vapi first; `next` is where the following page begins, absent after the
   * last. Throws `VALIDATION_FAILED` for an `after` that this list never gave out.
   */
  oldestFirst(query: {
    scope: ScopeKey;
    limit: number;
    after: string | undefined;
  }): Promise<{ items: readonly MappingRow[]; next?: string | undefined }>;
  /** The owner of the mapping that names an assistant; undefined when none does. */
  ownerOf(assistantId: string): Promise<AssistantKey | undefined>;
}
