import type { AssistantMapping } from '../mapping/assistant-mapping.ts';
import type { Operation } from '../operation.ts';
import { sendOrRecord } from '../send-task.ts';
import { ensureAssistant, type SyncResult } from './ensure-assistant.ts';
import type { SyncRequest } from './plan-assistant.ts';

/**
 * Makes the assistant equal to the request, and leaves tools and phone number to the worker. A task that cannot be sent
 * is no failure: the mapping says what is pending, and the next sync or drift run sends the task again.
 */
export async function syncAssistant(operation: Operation, request: SyncRequest): Promise<SyncResult> {
  const result = await ensureAssistant(operation, request);
  if (hasPendingWork(result.mapping)) await sendFollowUp(operation);
  return result;
}

/** True while tools are to be registered, or a number is to be pointed to the assistant or taken off it. */
function hasPendingWork({ tools, phoneNumber, formerNumbers }: AssistantMapping): boolean {
  return tools.status === 'pending' || phoneNumber?.status === 'pending' || formerNumbers.length > 0;
}

async function sendFollowUp(operation: Operation): Promise<void> {
  const task = { kind: 'sync-tools', ...operation.key, operationId: operation.id } as const;
  const isSent = await sendOrRecord(operation, task, (cause) => ({ code: 'FOLLOW_UP_NOT_SENT', cause }));
  if (isSent) operation.journal.record({ code: 'FOLLOW_UP_SENT' });
}
