import type { ApiKey } from '../../account/api-key.ts';
import { listCreated } from '../../account/list-created.ts';
import { scopeKeyOf } from '../../account/scope.ts';
import type { Journal } from '../../journal.ts';
import { isHeld, mayHaveCreated, newClaim, settlesAt } from '../../mapping/claim.ts';
import { claimRow, endRowClaim } from '../../mapping/claim-row.ts';
import type { Deadline } from '../../runtime.ts';
import { type ToolRow, toolRow } from '../../tools/tool-registry.ts';
import { windowOf } from '../made-by-run.ts';
import type { VerificationRun } from '../run.ts';
import type { VerificationDependencies, VerificationKeys } from '../stage.ts';
import { isThrowAwayTool } from '../throw-away-tool.ts';

/** The run to clean up after, and the deadline. */
export interface CleanUp extends VerificationDependencies {
  run: VerificationRun;
  keys: VerificationKeys;
  deadline: Deadline;
  journal: Journal;
  nextOperationId: () => string;
}

/**
 * Removes the tools of a run, at Vapi and then their rows: the service itself removes a tool only when no assistant has
 * used it for the grace time. Returns what is left, in sentences; throws what the accounts and the table throw.
 */
export async function removeTools(task: CleanUp): Promise<string[]> {
  const { platform, own } = task.keys;
  if (task.run.toolHashes.length === 0) return [];
  for (const key of own ? [platform, own] : [platform]) await removeAtVapi(task, key);
  const scopes = ['platform' as const, ...task.run.organisations.map((orgId) => scopeKeyOf('org', orgId))];
  const left: string[] = [];
  for (const hash of task.run.toolHashes) {
    for (const scope of scopes) {
      const row = await task.sync.tools.read(scope, hash);
      const why = row && (await removeToolRow(task, row));
      if (why) left.push(why);
    }
  }
  return left;
}

async function removeAtVapi({ sync, run, deadline }: CleanUp, key: ApiKey): Promise<void> {
  const account = sync.vapi.open(key, deadline).tools;
  const tools = await listCreated((query) => account.list(query), windowOf(run));
  for (const { id } of tools.filter(({ config }) => isThrowAwayTool(config, run))) await account.remove(id);
}

/** Returns why the row could not be removed. */
async function removeToolRow({ sync, keys, deadline }: CleanUp, row: ToolRow): Promise<string | undefined> {
  const { claim, toolId, hash } = row;
  const now = sync.runtime.now();
  if (claim && isHeld(claim, now)) return `Tool ${hash} is claimed until ${claim.expiresAt}`;
  if (claim && mayHaveCreated(claim) && now < settlesAt(claim)) return `Tool ${hash} may still turn up`;
  // The tool may be too new for Vapi's list.
  if (toolId) await sync.vapi.open(keys.platform, deadline).tools.remove(toolId);
  const { runtime, tools } = sync;
  const token = runtime.uniqueId();
  const remainingMs = deadline.remainingMs();
  const made = newClaim({ token, operation: 'delete', scope: 'platform', now, remainingMs, previous: claim });
  const rows = toolRow(tools, row);
  const held = await claimRow(rows, { from: row, claim: made, change: {} });
  const removed = held && (await endRowClaim(rows, held, { transition: 'remove', change: {}, runtime }));
  return removed?.kind === 'written' ? undefined : `Tool ${hash} is being changed by somebody`;
}
