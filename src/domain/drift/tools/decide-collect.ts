import { type Claim, isHeld } from '../../mapping/claim.ts';
import type { ToolRow } from '../../tools/tool-registry.ts';
import type { UsedTools } from './used-tools.ts';

/** What to do about a tool; each step comes only when the one before it was long enough ago. */
export type CollectStep = 'keep' | 'mark-used' | 'mark-unused' | 'reserve' | 'give-back' | 'remove';

/** Decides about one tool. Pure: times in epoch ms. */
export function decideCollect(
  row: ToolRow,
  { used, now, graceMs }: { used: UsedTools; now: number; graceMs: number },
): CollectStep {
  const isUsed = isIn(used, row);
  const { claim, toolId, unusedSince } = row;
  if (claim) return afterReservation(claim, { isUsed, now });
  if (!toolId) return 'keep';
  if (isUsed) return unusedSince ? 'mark-used' : 'keep';
  if (!unusedSince) return 'mark-unused';
  return now - Date.parse(unusedSince) < graceMs ? 'keep' : 'reserve';
}

function isIn({ hashes, toolIds }: UsedTools, { hash, toolId }: ToolRow): boolean {
  return hashes.has(hash) || (toolId !== undefined && toolIds.has(toolId));
}

function afterReservation(claim: Claim, { isUsed, now }: { isUsed: boolean; now: number }): CollectStep {
  if (claim.operation !== 'delete' || isHeld(claim, now)) return 'keep';
  return isUsed ? 'give-back' : 'remove';
}
