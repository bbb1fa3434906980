import type { Actor } from '../actor.ts';
import type { AssistantMapping } from './assistant-mapping.ts';

/**
 * Says in a row who changed the assistant, and when. Each change is later than the one before it, whatever the clocks
 * of two processes say: by its time a change is told from a write that changes nothing. `now` in epoch ms.
 */
export function changeMark({ changedAt = '' }: AssistantMapping, by: Actor | undefined, now: number) {
  const last = Date.parse(changedAt) || 0;
  return { changedBy: by, changedAt: new Date(Math.max(now, last + 1)).toISOString() };
}
