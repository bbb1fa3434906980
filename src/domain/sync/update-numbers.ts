import type { AccessSession } from '../account/access-session.ts';
import type { Access } from '../account/credentials.ts';
import { annotateMapping } from '../mapping/annotate-mapping.ts';
import type { AssistantMapping, PhoneNumberState } from '../mapping/assistant-mapping.ts';
import { changeMark } from '../mapping/change-mark.ts';
import { endClaim, givingBackAfterFailure, takeClaim } from '../mapping/hold-claim.ts';
import type { Operation } from '../operation.ts';
import { lookUpNumber, pointNumber, releaseNumbers } from '../phone-number/link-phone-number.ts';

/**
 * Points the wanted number to the assistant, and takes former numbers off. Returns false when another operation is
 * changing the assistant: try again later. Throws what the accounts throw.
 */
export async function updateNumbers(
  operation: Operation,
  { mapping, credentials }: { mapping: AssistantMapping; credentials: AccessSession },
): Promise<boolean> {
  const { phoneNumber, formerNumbers } = mapping;
  const isLinked = !phoneNumber || phoneNumber.status === 'linked';
  if (isLinked && formerNumbers.length === 0) return true;
  const { record } = await operation.mappings.read(operation.key.orgId);
  const access = await credentials.freshAccess(record);
  // Another account, or another number, is for a sync to decide about.
  const isWanted = access.scope === mapping.scope && access.phoneNumberId === phoneNumber?.id;
  const found = isLinked || !isWanted ? undefined : await lookUpNumber(operation, { mapping, phoneNumber, access });
  // A number that already points here is recorded too: a worker may have crashed before it recorded it.
  const isToBeTold = found?.status === 'pending' || found?.status === 'linked';
  if (isToBeTold || formerNumbers.length > 0) return await change(operation, { mapping, access, found });
  if (found && found.status !== phoneNumber?.status) await annotateMapping(operation, mapping, { phoneNumber: found });
  return true;
}

interface NumberChange {
  mapping: AssistantMapping;
  access: Access;
  /** The wanted number as it is now; `pending`: it may be pointed to the assistant. Absent: it stays as it is. */
  found: PhoneNumberState | undefined;
}

/**
 * Under a claim, so that no DELETE runs at the same time: the number would be left pointing to an assistant that is
 * gone.
 */
async function change(operation: Operation, { mapping, access, found }: NumberChange): Promise<boolean> {
  const { scope } = access;
  const held = mapping.claim
    ? undefined
    : await takeClaim(operation, { mapping, operation: 'update', scope, retire: [] });
  if (!held) return false;
  await givingBackAfterFailure(operation, held, async () => {
    await releaseNumbers(operation, { numbers: mapping.formerNumbers, access });
    const state =
      found?.status === 'pending' ? await pointNumber(operation, { mapping, phoneNumber: found, access }) : found;
    const change = {
      claim: null,
      formerNumbers: [],
      phoneNumber: state,
      ...(state?.status === 'linked' ? changeMark(held.row, operation.by, operation.runtime.now()) : {}),
    };
    await endClaim(operation, { held, transition: 'release', change });
  });
  return true;
}
