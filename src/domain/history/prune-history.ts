import { nameOf } from '../journal.ts';
import type { AssistantMapping } from '../mapping/assistant-mapping.ts';
import type { Operation } from '../operation.ts';
import { expendableSpecs, PRUNE_EVERY } from './history.ts';

/** Removes what the history keeps no longer, with every tenth revision. Never throws: the next time makes up for it. */
export async function pruneHistory(
  { key, history, runtime, journal }: Operation,
  mapping: AssistantMapping,
): Promise<void> {
  if (mapping.revision % PRUNE_EVERY !== 0) return;
  try {
    const expendable = expendableSpecs(await history.list(key), mapping, runtime.now());
    await history.remove(key, expendable);
    if (expendable.length > 0) journal.record({ code: 'HISTORY_PRUNED', count: expendable.length });
  } catch (error) {
    journal.record({ code: 'HISTORY_NOT_PRUNED', cause: nameOf(error) });
  }
}
