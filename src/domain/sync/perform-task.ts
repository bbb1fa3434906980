import type { Actor } from '../actor.ts';
import { pruneHistory } from '../history/prune-history.ts';
import type { Operation, SyncDependencies } from '../operation.ts';
import { Problem } from '../problem.ts';
import type { AssistantTask, TaskEnd } from '../task.ts';
import { nameVersion } from '../traffic/name-version.ts';
import { reapplyAssistant } from './reapply-assistant.ts';

/**
 * Performs one task about an assistant. Throws what neither waiting nor repeating can solve: the message then ends in
 * the dead-letter queue.
 */
export async function performTask(
  deps: SyncDependencies,
  task: AssistantTask,
  { journal, deadline }: Pick<Operation, 'journal' | 'deadline'>,
): Promise<TaskEnd> {
  const { orgId, role, operationId: id } = task;
  // Only a healing drift run sends `reapply`: the operation is the run.
  const by: Actor = task.kind === 'reapply' ? { kind: 'drift', id } : { kind: 'worker', id: task.kind };
  const operation = { ...deps, id, key: { orgId, role }, by, journal, deadline };
  switch (task.kind) {
    case 'name-version':
      return await nameVersion(operation, task.specHash);
    case 'prune-history':
      return await pruneHistory(operation);
    case 'sync-tools':
      return await unlessRefused(() => reapplyAssistant(operation));
    case 'reapply':
      return await unlessRefused(() => reapplyAssistant(operation, task.traffic));
  }
}

/** A configuration that Vapi refuses is refused however often it is sent; the log and the next drift run report it. */
async function unlessRefused(perform: () => Promise<TaskEnd>): Promise<TaskEnd> {
  try {
    return await perform();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === 'VAPI_REJECTED') return { kind: 'done', outcome: 'refused' };
    if (error.code === 'PINNED') return { kind: 'done', outcome: 'pinned' };
    throw error;
  }
}
