import type { DesiredAssistant } from '../configuration/configuration.ts';
import { summarise } from '../configuration/summary.ts';
import { nameOf } from '../journal.ts';
import type { AssistantMapping } from '../mapping/assistant-mapping.ts';
import type { Operation } from '../operation.ts';
import { isoNow } from '../runtime.ts';
import { expendableSpecs, PRUNE_EVERY } from './history.ts';

/** Notes that Vapi has accepted a configuration. Never throws: the assistant is as wanted, with or without the note. */
export async function noteApplied(
  operation: Operation,
  { specHash, payload }: Pick<DesiredAssistant, 'specHash' | 'payload'>,
): Promise<void> {
  const at = isoNow(operation.runtime);
  await attempt(operation, () =>
    operation.history.noteApplied(operation.key, { specHash, at, summary: summarise(payload) }),
  );
}

/** Removes what the history keeps no longer, with every tenth revision. Never throws: the next time makes up for it. */
export async function pruneHistory(operation: Operation, mapping: AssistantMapping): Promise<void> {
  if (mapping.revision % PRUNE_EVERY !== 0) return;
  await attempt(operation, async () => {
    const expendable = expendableSpecs(await operation.history.list(operation.key), mapping, operation.runtime.now());
    await operation.history.remove(operation.key, expendable);
    if (expendable.length > 0) operation.journal.record({ code: 'HISTORY_PRUNED', count: expendable.length });
  });
}

async function attempt({ journal }: Operation, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    journal.record({ code: 'HISTORY_NOT_KEPT', cause: nameOf(error) });
  }
}
