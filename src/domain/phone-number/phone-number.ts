import type { Access } from '../account/credentials.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import type { AssistantMapping, PhoneNumberState } from '../mapping/assistant-mapping.ts';

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
 * What the mapping will say of the number when the assistant has been changed; null when there is none. Only an assistant
 * that stays the same keeps a number that is linked.
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
  const previous = [...new Set([...replaced, ...(before?.previous ?? [])])].slice(0, MAX_PREVIOUS);
  return { id: wanted, status: 'pending', previous };
}
