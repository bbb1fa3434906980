import { SILENT_JOURNAL } from '../../journal.ts';
import type { AssistantMapping } from '../../mapping/assistant-mapping.ts';
import { performTask } from '../../sync/perform-task.ts';
import { expect } from '../expectations.ts';
import { codesIn } from '../recorded-steps.ts';
import { keyOf, rowOf, type Stage, type Synced } from '../stage.ts';

/** The pause between two tries, in ms. */
const PAUSE_MS = 500;

/**
 * Does the worker's part for pending tools, and waits until the table says that they are linked. Checks first that the
 * task was put into the queue; the real worker may perform it at the same time, which does no harm. Throws `Unmet` when
 * the tools are not linked in time.
 */
export async function linkAwaited(
  stage: Stage,
  purpose: string,
  { assistantId, answer }: Synced,
): Promise<AssistantMapping> {
  const { deps, deadline } = stage;
  const { runtime } = deps.sync;
  expect(
    codesIn(answer.log).includes('FOLLOW_UP_SENT'),
    'The task that registers the tools was not put into the queue',
  );
  for (;;) {
    const task = { kind: 'sync-tools' as const, ...keyOf(stage, purpose), operationId: stage.nextOperationId() };
    const end = await performTask(deps.sync, task, { journal: SILENT_JOURNAL, deadline });
    const mapping = await rowOf(stage, purpose, assistantId);
    const { status, refused } = mapping.tools;
    if (status === 'linked' && !mapping.claim) return mapping;
    expect(refused === undefined, `Vapi refused a tool: ${refused ?? ''}`);
    const how = end.kind === 'later' ? end.reason : end.outcome;
    expect(deadline.remainingMs() > PAUSE_MS, `The tools of "${purpose}" are still ${status} (last try: ${how})`);
    await runtime.sleep(PAUSE_MS);
  }
}
