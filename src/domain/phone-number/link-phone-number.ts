import type { ApiKey } from '../account/api-key.ts';
import { type Access, keyOfScope } from '../account/credentials.ts';
import type { LivePhoneNumber } from '../account/vapi-account.ts';
import { isOurs } from '../configuration/configuration.ts';
import type { AssistantMapping, FormerNumber, PhoneNumberState } from '../mapping/assistant-mapping.ts';
import type { Operation } from '../operation.ts';
import { Problem } from '../problem.ts';

/** A number, and the assistant that should answer it. */
interface PhoneLink {
  mapping: AssistantMapping;
  phoneNumber: PhoneNumberState;
  access: Access;
}

/**
 * The present state of the wanted number; `pending`: it may be pointed to the assistant. Throws what the account
 * throws.
 */
export async function lookUpNumber(operation: Operation, link: PhoneLink): Promise<PhoneNumberState> {
  return settled(operation, { ...link.phoneNumber, status: await statusOf(operation, link) });
}

/** Points a number to the assistant; only for a number whose state is `pending`. Throws what the account throws. */
export async function pointNumber(
  operation: Operation,
  { mapping, phoneNumber, access }: PhoneLink,
): Promise<PhoneNumberState> {
  const { id } = phoneNumber;
  const { assistantId } = mapping;
  if (!assistantId) return phoneNumber;
  const assigned = await operation.vapi.open(access.apiKey, operation.deadline).phoneNumbers.assign(id, assistantId);
  if (assigned.kind === 'missing') return settled(operation, { ...phoneNumber, status: 'missing' });
  operation.journal.record({ code: 'PHONE_NUMBER_LINKED', phoneNumberId: id, assistantId });
  return { id, status: 'linked', previous: [] };
}

/** `pending`: it may be pointed to the assistant. */
async function statusOf(
  operation: Operation,
  { mapping, phoneNumber, access }: PhoneLink,
): Promise<PhoneNumberState['status']> {
  const live = await lookAtNumber(operation, { phoneNumberId: phoneNumber.id, apiKey: access.apiKey });
  if (!live) return 'missing';
  if (live.assistantId === mapping.assistantId) return 'linked';
  if (live.assistantId === undefined) return live.isTakenOtherwise ? 'foreign' : 'pending';
  if (phoneNumber.previous.includes(live.assistantId)) return 'pending';
  return (await isAnswering(operation, { assistantId: live.assistantId, access })) ? 'foreign' : 'pending';
}

/**
 * The number as Vapi has it; undefined when the account has no such number, or when Vapi refuses the form of its id.
 */
export async function lookAtNumber(
  { vapi, deadline }: Pick<Operation, 'vapi' | 'deadline'>,
  { phoneNumberId, apiKey }: { phoneNumberId: string; apiKey: ApiKey },
): Promise<LivePhoneNumber | undefined> {
  try {
    const found = await vapi.open(apiKey, deadline).phoneNumbers.get(phoneNumberId);
    return found.kind === 'found' ? found.phoneNumber : undefined;
  } catch (error) {
    if (error instanceof Problem && error.code === 'VAPI_REJECTED') return undefined;
    throw error;
  }
}

/** True when an assistant answers the number that this service did not make for the same organisation and role. */
async function isAnswering(
  { vapi, deployment, key, deadline }: Operation,
  { assistantId, access }: { assistantId: string; access: Access },
): Promise<boolean> {
  const found = await vapi.open(access.apiKey, deadline).assistants.get(assistantId);
  return found.kind === 'found' && !isOurs(found.resource.config, key, deployment);
}

function settled({ journal }: Operation, state: PhoneNumberState): PhoneNumberState {
  const { id: phoneNumberId, status } = state;
  if (status === 'foreign') journal.record({ code: 'PHONE_NUMBER_FOREIGN', phoneNumberId });
  if (status === 'missing') journal.record({ code: 'PHONE_NUMBER_MISSING', phoneNumberId });
  return status === 'linked' ? { ...state, previous: [] } : state;
}

/**
 * Takes numbers off the assistants of ours that they still point to. A number in an account whose key is gone is
 * skipped: it cannot be reached. Throws what the accounts throw.
 */
export async function releaseNumbers(
  operation: Operation,
  { numbers, access }: { numbers: readonly FormerNumber[]; access: Access },
): Promise<void> {
  for (const { id: phoneNumberId, scope, assistantIds } of numbers) {
    const apiKey = await keyOfScope(operation.credentials, { scope, access });
    if (!apiKey) continue;
    const live = await lookAtNumber(operation, { phoneNumberId, apiKey });
    if (!live?.assistantId || !assistantIds.includes(live.assistantId)) continue;
    await operation.vapi.open(apiKey, operation.deadline).phoneNumbers.assign(phoneNumberId, null);
    operation.journal.record({ code: 'PHONE_NUMBER_RELEASED', phoneNumberId, assistantId: live.assistantId });
  }
}
