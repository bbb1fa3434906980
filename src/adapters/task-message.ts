import * as z from 'zod/mini';
import { ROLES } from '../domain/configuration/assistant-key.ts';
import type { Task } from '../domain/task.ts';
import { scopeKeySchema } from './dynamodb/organisation-rows.ts';

const ofAssistant = { orgId: z.string(), role: z.enum(ROLES), operationId: z.string() };

const taskSchema = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('sync-tools'), ...ofAssistant }),
    z.object({ kind: z.literal('reapply'), ...ofAssistant, traffic: z.exactOptional(z.literal('follow-latest')) }),
    z.object({ kind: z.literal('name-version'), ...ofAssistant, specHash: z.string() }),
    z.object({ kind: z.literal('prune-history'), ...ofAssistant }),
    z.object({ kind: z.literal('rollout'), rolloutId: z.string() }),
    z.object({ kind: z.literal('drift-plan'), runId: z.string() }),
    z.object({ kind: z.literal('drift-window'), runId: z.string(), unit: z.number() }),
    z.object({ kind: z.literal('drift-heal'), runId: z.string() }),
    z.object({
      kind: z.literal('collect-tools'),
      runId: z.string(),
      scope: z.exactOptional(scopeKeySchema),
      after: z.exactOptional(z.string()),
    }),
  ]),
);

/**
 * Reads the body of a message. Throws when it is no task: such a message ends in the dead-letter queue, where it is
 * seen.
 */
export function parseTask(body: string): Task {
  return taskSchema.parse(JSON.parse(body));
}

/** The body of the message for a task. */
export function taskMessage(task: Task): string {
  return JSON.stringify(task);
}
