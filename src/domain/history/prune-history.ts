import { nameOf } from '../journal.ts';
import type { AssistantMapping } from '../mapping/assistant-mapping.ts';
import type { Operation } from '../operation.ts';
import { expendableSpecs, PRUNE_EVERY, type StoredSpec } from './history.ts';

/** Removes what the history keeps no longer, with every tenth revision. Never throws: the next time makes up for it. */
export async function pruneHistory(operation: Operation, mapping: AssistantMapping): Promise<void> {
  const { key, history, runtime, journal } = operation;
  if (mapping.revision % PRUNE_EVERY !== 0) return;
  try {
    const specs = await history.list(key);
    const expendable = expendableSpecs(specs, mapping, runtime.now());
    await history.remove(key, expendable);
    const left = specs.filter((spec) => !expendable.includes(spec));
    await forgetRemoved(operation, left);
    if (expendable.length > 0) journal.record({ code: 'HISTORY_PRUNED', count: expendable.length });
  } catch (error) {
    journal.record({ code: 'HISTORY_NOT_PRUNED', cause: nameOf(error) });
  }
}

/** A configuration that comes back again and again, each time after another one, would grow with each of them. */
async function forgetRemoved({ key, history }: Operation, left: readonly StoredSpec[]): Promise<void> {
  const stored = new Set(left.map(({ specHash }) => specHash));
  for (const spec of left) {
    const removed = spec.appliedBefore.filter((hash) => !stored.has(hash));
    if (removed.length > 0) await history.forget(key, spec, removed);
  }
}
