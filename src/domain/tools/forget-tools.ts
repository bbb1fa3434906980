import type { Access } from '../account/credentials.ts';
import { scopeKeyOf } from '../account/scope.ts';
import type { LinkedTool } from '../mapping/assistant-mapping.ts';
import type { Operation } from '../operation.ts';
import { isoNow } from '../runtime.ts';

/**
 * After Vapi refused a configuration that links tools of ours: finds the tools that were deleted there, and removes
 * their rows, so that they are registered again. Returns their ids.
 */
export async function forgetGoneTools(
  operation: Operation,
  { linked, access }: { linked: readonly LinkedTool[]; access: Access },
): Promise<string[]> {
  const account = operation.vapi.open(access.apiKey, operation.deadline).tools;
  const gone: string[] = [];
  for (const tool of linked) {
    if ((await account.get(tool.toolId)).kind === 'found') continue;
    await forget(operation, { tool, access });
    operation.journal.record({ code: 'TOOL_GONE', toolId: tool.toolId });
    gone.push(tool.toolId);
  }
  return gone;
}

async function forget(
  { tools, runtime, key }: Operation,
  { tool, access }: { tool: LinkedTool; access: Access },
): Promise<void> {
  const scopeKey = scopeKeyOf(access.scope, key.orgId);
  const from = await tools.read(scopeKey, tool.hash);
  if (from?.toolId !== tool.toolId || from.claim) return;
  const at = isoNow(runtime);
  const token = runtime.uniqueId();
  await tools.write({ scopeKey, hash: tool.hash, transition: 'forget', from, token, change: {}, at });
}
