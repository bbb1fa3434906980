import type { Access } from '../account/credentials.ts';
import type { Retiree } from '../mapping/assistant-mapping.ts';
import type { Operation } from '../operation.ts';
import { Problem } from '../problem.ts';
import { accountOf } from './strays.ts';

/**
 * Removes assistants of ours that no mapping should name. Returns those that could not be removed now: the next sync
 * tries again. The mapped assistant is in place, so the caller's sync does not fail for them.
 */
export async function retireAssistants(
  operation: Operation,
  { retirees, access }: { retirees: readonly Retiree[]; access: Access },
): Promise<Retiree[]> {
  if (retirees.length > 0) operation.journal.record({ code: 'RETIREES_FOUND', count: retirees.length });
  const left: Retiree[] = [];
  for (const retiree of retirees) {
    if (!(await retire(operation, { retiree, access }))) left.push(retiree);
  }
  return left;
}

async function retire(
  operation: Operation,
  { retiree, access }: { retiree: Retiree; access: Access },
): Promise<boolean> {
  const { assistantId, scope } = retiree;
  try {
    const account = await accountOf(operation, { scope, access });
    if (!account) {
      operation.journal.record({ code: 'OLD_ASSISTANT_UNREACHABLE', assistantId });
      return false;
    }
    const removed = await account.assistants.remove(assistantId);
    const { keyFingerprint } = retiree;
    if (removed.kind === 'missing' && keyFingerprint && keyFingerprint !== account.keyFingerprint) {
      // The assistant may be gone, or the key may now open another account: only the key that saw it could tell.
      operation.journal.record({ code: 'OLD_ASSISTANT_KEPT', assistantId, cause: 'ANOTHER_KEY' });
      return false;
    }
    operation.journal.record({ code: 'ASSISTANT_REMOVED', assistantId, scope });
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    operation.journal.record({ code: 'OLD_ASSISTANT_KEPT', assistantId, cause: error.code });
    return false;
  }
}
