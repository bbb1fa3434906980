import type { Access } from '../../account/credentials.ts';
import type { Resource } from '../../account/vapi-account.ts';
import { isOurs, metadataOf, ownership } from '../../configuration/configuration.ts';
import type { AssistantMapping } from '../../mapping/assistant-mapping.ts';
import { giveBack, givingBackAfterFailure, type HeldClaim, takeClaim } from '../../mapping/hold-claim.ts';
import type { Operation } from '../../operation.ts';

interface Marking {
  held: HeldClaim;
  assistant: Resource;
  access: Access;
}

/**
 * Writes the owner into the metadata of an assistant, under a claim, unless it is there. After a failure the claim is
 * given back.
 */
export async function markAssistant(operation: Operation, { held, assistant, access }: Marking): Promise<void> {
  const { key, deployment } = operation;
  if (isOurs(assistant.config, key, deployment)) return;
  const account = operation.vapi.open(access.apiKey, operation.deadline);
  await givingBackAfterFailure(operation, held, () =>
    account.assistants.update(assistant.id, {
      metadata: { ...metadataOf(assistant.config), ...ownership(key, deployment) },
    }),
  );
}

/**
 * Marks an assistant that was imported without a mark; one that was PUT since has it. Returns false when another
 * operation was faster: look again. Throws what the account throws.
 */
export async function markMapped(
  operation: Operation,
  { mapping, access }: { mapping: AssistantMapping; access: Access },
): Promise<boolean> {
  const { assistantId, specHash, claim, scope } = mapping;
  if (!assistantId || specHash !== undefined || claim || scope !== access.scope) return true;
  const held = await takeClaim(operation, { mapping, operation: 'update', scope, retire: [] });
  if (!held) return false;
  const account = operation.vapi.open(access.apiKey, operation.deadline);
  const found = await givingBackAfterFailure(operation, held, () => account.assistants.get(assistantId));
  if (found.kind === 'found') await markAssistant(operation, { held, assistant: found.resource, access });
  await giveBack(operation, { held });
  return true;
}
