import type { DriftState } from '../../mapping/assistant-mapping.ts';
import { mappedCount, type Totals } from '../totals.ts';

/** More missing assistants than this, and a larger share, are no clean-up: the key is wrong, or Vapi fails. */
const MISSING_COUNT = 5;
const MISSING_SHARE = 0.2;

/** More findings of one cause than this, and a larger share of what is mapped, are one event. */
const COMMON_COUNT = 20;
const COMMON_SHARE = 0.05;

/** Pauses between heals that do not last, in ms: doubled each time. */
const FIRST_PAUSE_MS = 60 * 60_000;
const LONGEST_PAUSE_MS = 24 * 60 * 60_000;

/** True when so much is missing that nothing may be healed. */
export function isSuspicious(totals: Totals): boolean {
  const { missing } = totals.classes;
  return missing > MISSING_COUNT && missing > mappedCount(totals) * MISSING_SHARE;
}

/** Causes that many findings share: one alarm for each, not one per assistant. */
export function commonCauses(totals: Totals): { cause: string; count: number }[] {
  const least = Math.max(COMMON_COUNT, mappedCount(totals) * COMMON_SHARE);
  return Object.entries(totals.causes)
    .filter(([, count]) => count > least)
    .map(([cause, count]) => ({ cause, count }));
}

/** When an assistant may be healed again (epoch ms): at once the first time, then after longer and longer pauses. */
export function mayHealAt({ heals, healedAt }: Pick<DriftState, 'heals' | 'healedAt'>): number {
  if (heals === 0 || healedAt === undefined) return 0;
  return Date.parse(healedAt) + Math.min(FIRST_PAUSE_MS * 2 ** (heals - 1), LONGEST_PAUSE_MS);
}
