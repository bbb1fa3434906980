import type { Access } from '../account/credentials.ts';
import type { Scope } from '../account/scope.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import type { AssistantMapping, FormerNumber, PhoneNumberState } from '../mapping/assistant-mapping.ts';

/** The most earlier assistants that are remembered: a number points to the last one, or to somebody else's. */
const MAX_PREVIOUS = 10;

/** The number that an assistant should answer: the organisation's number, for its inbound assistant. */
export function wantedPhoneNumber({ role }: Pick<AssistantKey, 'role'>, { phoneNumberId }: Access): string | undefined {
  return role === 'inbound' ? phoneNumberId : undefined;
}

/** True when the mapping already has the wanted number. */
export function isSamePhoneNumber(mapping: AssistantMapping, wanted: string | undefined): boolean {
  return mapping.phoneNumber?.id === wanted;
}

/**
 * The number in the mapping after the assistant has been changed; null when none is wanted. Only the same assistant
 * keeps a number as linked.
 */
export function nextPhoneNumber(
  mapping: AssistantMapping | undefined,
  { wanted, assistantId }: { wanted: string | undefined; assistantId: string | undefined },
): PhoneNumberState | null {
  if (wanted === undefined) return null;
  const before = mapping?.phoneNumber?.id === wanted ? mapping.phoneNumber : undefined;
  const isSameAssistant = assistantId !== undefined && mapping?.assistantId === assistantId;
  if (before?.status === 'linked' && isSameAssistant) return before;
  const replaced = mapping?.assistantId && !isSameAssistant ? [mapping.assistantId] : [];
  const once = mapping?.formerNumbers.find(({ id }) => id === wanted)?.assistantIds ?? [];
  const previous = [...new Set([...replaced, ...(before?.previous ?? []), ...once])].slice(0, MAX_PREVIOUS);
  return { id: wanted, status: 'pending', previous };
}

/** The most former numbers that are remembered until they are taken off. */
const MAX_FORMER = 10;

/** The numbers that have to be taken off once the assistant answers the wanted number, if any, in this account. */
export function formerNumbers(
  mapping: AssistantMapping | undefined,
  here: { wanted: string | undefined; scope: Scope },
): FormerNumber[] {
  if (!mapping) return [];
  const all = [...numbersOf(mapping), ...mapping.formerNumbers];
  return all.filter(({ id, scope }) => id !== here.wanted || scope !== here.scope).slice(0, MAX_FORMER);
}

/** The number of a mapping, if it points to an assistant of ours or may do so. */
export function numbersOf({ assistantId, scope, phoneNumber }: AssistantMapping): FormerNumber[] {
  if (!phoneNumber || !scope) return [];
  const { id, status, previous } = phoneNumber;
  const mayPoint = status === 'linked' || status === 'pending';
  const assistantIds = [...(assistantId && mayPoint ? [assistantId] : []), ...previous];
  return assistantIds.length > 0 ? [{ id, scope, assistantIds }] : [];
}
