import type { Retiree } from './assistant-mapping.ts';
import type { Access } from './credentials.ts';
import { accountOf } from './look-up-strays.ts';
import type { Operation, SyncDependencies } from './operation.ts';
import { Problem } from './problem.ts';

/**
 * Removes assistants that are ours and not the one that counts. Returns those that could not be removed now, to be tried
 * again by the next sync: the one that counts is in place, so the caller's sync does not fail for these.
 */
export async function retireAssistants(
  deps: SyncDependencies,
  operation: Operation,
  { retirees, access }: { retirees: readonly Retiree[]; access: Access },
): Promise<Retiree[]> {
  if (retirees.length > 0) operation.journal.record({ code: 'RETIREES_FOUND', count: retirees.length });
  const left: Retiree[] = [];
  for (const retiree of retirees) {
    if (!(await retire(deps, operation, { retiree, access }))) left.push(retiree);
  }
  return left;
}

async function retire(
  deps: SyncDependencies,
  operation: Operation,
  { retiree, access }: { retiree: Retiree; access: Access },
): Promise<boolean> {
  const { assistantId, scope } = retiree;
  try {
    const account = await accountOf(deps, operation, { scope, access });
    if (!account) {
      // The key of that account is gone for good: nothing that we keep could bring us back to it.
      operation.journal.record({ code: 'OLD_ASSISTANT_UNREACHABLE', assistantId });
      return true;
    }
    await account.remove(assistantId);
    operation.journal.record({ code: 'ASSISTANT_REMOVED', assistantId, scope });
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    operation.journal.record({ code: 'OLD_ASSISTANT_KEPT', assistantId, cause: error.code });
    return false;
  }
}
