import type { Access } from '../account/credentials.ts';
import type { LivePhoneNumber } from '../account/vapi-account.ts';
import { isOurs } from '../configuration/configuration.ts';
import type { AssistantMapping, PhoneNumberState } from '../mapping/assistant-mapping.ts';
import type { Operation, SyncDependencies } from '../operation.ts';
import { Problem } from '../problem.ts';

/** A number, and the assistant that is to answer it. */
export interface PhoneLink {
  mapping: AssistantMapping;
  phoneNumber: PhoneNumberState;
  access: Access;
}

/**
 * Points the number to the assistant, unless it serves something that is not ours. Returns what is so afterwards; what
 * the account throws is thrown.
 */
export async function linkPhoneNumber(operation: Operation, link: PhoneLink): Promise<PhoneNumberState> {
  const { mapping, phoneNumber, access } = link;
  const { id } = phoneNumber;
  const { assistantId } = mapping;
  const account = operation.vapi.phoneNumbers(access.apiKey, operation.deadline);
  const status = await statusOf(operation, link);
  if (status !== 'pending' || !assistantId) return settled(operation, { ...phoneNumber, status });
  const assigned = await account.assign(id, assistantId);
  if (assigned.kind === 'missing') return settled(operation, { ...phoneNumber, status: 'missing' });
  operation.journal.record({ code: 'PHONE_NUMBER_LINKED', phoneNumberId: id, assistantId });
  return { id, status: 'linked', previous: [] };
}

/** `pending`: it may be pointed to the assistant. */
async function statusOf(
  operation: Operation,
  { mapping, phoneNumber, access }: PhoneLink,
): Promise<PhoneNumberState['status']> {
  const live = await lookAtNumber(operation, operation, { phoneNumberId: phoneNumber.id, access });
  if (!live) return 'missing';
  if (live.assistantId === mapping.assistantId) return 'linked';
  if (live.assistantId === undefined) return live.isTakenOtherwise ? 'foreign' : 'pending';
  if (phoneNumber.previous.includes(live.assistantId)) return 'pending';
  return (await isAnswering(operation, { assistantId: live.assistantId, access })) ? 'foreign' : 'pending';
}

/** What Vapi has of a number. Undefined for a number that the account does not have, and for an id that no number can have. */
export async function lookAtNumber(
  deps: SyncDependencies,
  { deadline }: Pick<Operation, 'deadline'>,
  { phoneNumberId, access }: { phoneNumberId: string; access: Access },
): Promise<LivePhoneNumber | undefined> {
  try {
    const found = await deps.vapi.phoneNumbers(access.apiKey, deadline).get(phoneNumberId);
    return found.kind === 'found' ? found.phoneNumber : undefined;
  } catch (error) {
    if (error instanceof Problem && error.code === 'VAPI_REJECTED') return undefined;
    throw error;
  }
}

/** True when another assistant, that this service did not make for the same role, answers the number. */
async function isAnswering(
  { vapi, deployment, key, deadline }: Operation,
  { assistantId, access }: { assistantId: string; access: Access },
): Promise<boolean> {
  const found = await vapi.open(access.apiKey, deadline).get(assistantId);
  return found.kind === 'found' && !isOurs(found.assistant.config, key, deployment);
}

function settled({ journal }: Operation, state: PhoneNumberState): PhoneNumberState {
  const { id: phoneNumberId, status } = state;
  if (status === 'foreign') journal.record({ code: 'PHONE_NUMBER_FOREIGN', phoneNumberId });
  if (status === 'missing') journal.record({ code: 'PHONE_NUMBER_MISSING', phoneNumberId });
  return status === 'linked' ? { ...state, previous: [] } : state;
}

/** Takes the number off the assistant, if it still points to it. Throws what the account throws. */
export async function releasePhoneNumber(
  operation: Operation,
  { phoneNumberId, assistantIds, access }: { phoneNumberId: string; assistantIds: readonly string[]; access: Access },
): Promise<void> {
  const live = await lookAtNumber(operation, operation, { phoneNumberId, access });
  if (!live?.assistantId || !assistantIds.includes(live.assistantId)) return;
  await operation.vapi.phoneNumbers(access.apiKey, operation.deadline).assign(phoneNumberId, null);
  operation.journal.record({ code: 'PHONE_NUMBER_RELEASED', phoneNumberId, assistantId: live.assistantId });
}
