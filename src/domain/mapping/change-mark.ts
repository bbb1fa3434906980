import type { Actor } from '../actor.ts';
import type { AssistantMapping } from './assistant-mapping.ts';

/**
 * Who changed an assistant, and when, for its row. The time of each change is later than that of the one before,
 * whatever the clocks of two processes say: it tells a change from a write that changes nothing. `now` in epoch ms.
 */
export function changeMark({ changedAt = '' }: AssistantMapping, by: Actor | undefined, now: number) {
  const last = Date.parse(changedAt) || 0;
  return { changedBy: by, changedAt: new Date(Math.max(now, last + 1)).toISOString() };
}
