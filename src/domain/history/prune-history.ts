import type { AssistantMapping } from '../mapping/assistant-mapping.ts';
import { mappingOf } from '../mapping/organisation-view.ts';
import type { Operation } from '../operation.ts';
import { isoNow } from '../runtime.ts';
import { sendOrRecord } from '../send-task.ts';
import type { TaskEnd } from '../task.ts';
import { expendableSpecs, PRUNE_EVERY, type StoredSpec } from './history.ts';

/**
 * Has the worker prune the history with every tenth revision, so that no caller waits for it. Never throws: the tenth
 * revision after this one sends the task again.
 */
export async function askForPruning(operation: Operation, { revision }: AssistantMapping): Promise<void> {
  if (revision % PRUNE_EVERY !== 0) return;
  const task = { kind: 'prune-history', ...operation.key, operationId: operation.id } as const;
  await sendOrRecord(operation, task, (cause) => ({ code: 'HISTORY_NOT_PRUNED', cause }));
}

/**
 * Removes the configurations that the history no longer keeps. Does nothing when the assistant was removed meanwhile.
 */
export async function pruneHistory(operation: Operation): Promise<TaskEnd> {
  const { key, mappings, history, runtime, journal } = operation;
  const mapping = mappingOf(await mappings.read(key.orgId), key);
  if (!mapping) return { kind: 'done', outcome: 'removed-meanwhile' };
  const begunAt = isoNow(runtime);
  const specs = await history.list(key);
  const expendable = expendableSpecs(specs, mapping, runtime.now());
  await history.remove(key, expendable);
  const left = specs.filter((spec) => !expendable.includes(spec));
  await forgetRemoved(operation, left, begunAt);
  if (expendable.length === 0) return { kind: 'done', outcome: 'nothing-to-prune' };
  journal.record({ code: 'HISTORY_PRUNED', count: expendable.length });
  return { kind: 'done', outcome: 'pruned' };
}

/**
 * Removes pruned hashes from the configurations that stay: the list of a configuration that is applied again and again
 * would otherwise grow without end. Skips a configuration that was saved after the listing began, as it may name one
 * that is stored and not in the listing; the next pruning sees both.
 */
async function forgetRemoved({ key, history }: Operation, left: readonly StoredSpec[], begunAt: string): Promise<void> {
  const stored = new Set(left.map(({ specHash }) => specHash));
  for (const spec of left.filter(({ savedAt }) => savedAt < begunAt)) {
    const removed = spec.appliedBefore.filter((hash) => !stored.has(hash));
    if (removed.length > 0) await history.forget(key, spec, removed);
  }
}
