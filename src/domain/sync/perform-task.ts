import type { Operation, SyncDependencies } from '../operation.ts';
import { Problem } from '../problem.ts';
import type { AssistantTask, TaskEnd } from '../task.ts';
import { reapplyAssistant } from './reapply-assistant.ts';

/**
 * Performs one task. Throws what neither waiting nor repeating solves by itself, so that the message ends in the
 * dead-letter queue and is seen.
 */
export async function performTask(
  deps: SyncDependencies,
  task: AssistantTask,
  { journal, deadline }: Pick<Operation, 'journal' | 'deadline'>,
): Promise<TaskEnd> {
  const { orgId, role, operationId: id } = task;
  const operation = { ...deps, id, key: { orgId, role }, journal, deadline };
  switch (task.kind) {
    case 'sync-tools':
    case 'reapply':
      return await unlessRefused(() => reapplyAssistant(operation));
  }
}

/** A configuration that Vapi refuses stays refused, however often it is sent; the log and the next drift run say so. */
async function unlessRefused(perform: () => Promise<TaskEnd>): Promise<TaskEnd> {
  try {
    return await perform();
  } catch (error) {
    if (error instanceof Problem && error.code === 'VAPI_REJECTED') return { kind: 'done', outcome: 'refused' };
    throw error;
  }
}
