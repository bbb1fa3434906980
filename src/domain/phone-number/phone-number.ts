import type { Access } from '../account/credentials.ts';
import type { Scope } from '../account/scope.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import type { AssistantMapping, FormerNumber, PhoneNumberState } from '../mapping/assistant-mapping.ts';

/** As many earlier assistants are remembered; a number points to the last one, or to somebody else's. */
const MAX_PREVIOUS = 10;

/** The number that an assistant is to answer: the organisation's, for its inbound assistant. */
export function wantedPhoneNumber({ role }: Pick<AssistantKey, 'role'>, { phoneNumberId }: Access): string | undefined {
  return role === 'inbound' ? phoneNumberId : undefined;
}

/** True when the mapping speaks of the number that is wanted. */
export function isSamePhoneNumber(mapping: AssistantMapping, wanted: string | undefined): boolean {
  return mapping.phoneNumber?.id === wanted;
}

/**
 * What the mapping will say of the number when the assistant has been changed; null when there is none. Only an
 * assistant that stays the same keeps a number that is linked.
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

/** As many are remembered that could not be taken off yet. */
const MAX_FORMER = 10;

/** The numbers that are to be taken off when the assistant answers the wanted one, if any, in this account. */
export function formerNumbers(
  mapping: AssistantMapping | undefined,
  here: { wanted: string | undefined; scope: Scope },
): FormerNumber[] {
  if (!mapping) return [];
  const all = [...numbersOf(mapping), ...mapping.formerNumbers];
  return all.filter(({ id, scope }) => id !== here.wanted || scope !== here.scope).slice(0, MAX_FORMER);
}

/** The number of a mapping, if it points to an assistant of ours, or may do so. */
export function numbersOf({ assistantId, scope, phoneNumber }: AssistantMapping): FormerNumber[] {
  if (!phoneNumber || !scope) return [];
  const { id, status, previous } = phoneNumber;
  const mayRing = status === 'linked' || status === 'pending';
  const assistantIds = [...(assistantId && mayRing ? [assistantId] : []), ...previous];
  return assistantIds.length > 0 ? [{ id, scope, assistantIds }] : [];
}
