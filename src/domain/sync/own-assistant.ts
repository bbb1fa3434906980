import type { Scope } from '../account/scope.ts';
import type { Resource } from '../account/vapi-account.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import { isHeld } from '../mapping/claim.ts';
import { mappingOf } from '../mapping/organisation-view.ts';
import type { Operation } from '../operation.ts';
import { Problem } from '../problem.ts';

/**
 * Notes `operation.key` as the owner of an assistant that this service did not make, under the claim with this token.
 * Throws `ASSISTANT_TAKEN` when another mapping names the assistant, or is about to: no two mappings may name one
 * assistant.
 */
export async function ownAssistant(
  { owners, mappings, runtime, key }: Operation,
  { assistant, scope, token }: { assistant: Resource; scope: Scope; token: string },
): Promise<void> {
  const [other] = (await owners.ownersOf(assistant, { orgId: key.orgId, scope })).filter(
    (owner) => !isSame(owner, key),
  );
  if (other) throw taken(assistant.id, key, other);
  const mine = { orgId: key.orgId, role: key.role, token };
  const first = await owners.own(assistant.id, mine);
  if (first.kind === 'owned') return;
  const { by } = first;
  const mapping = mappingOf(await mappings.read(by.orgId), by);
  const isUsed = mapping?.assistantId === assistant.id || (mapping?.claim && isHeld(mapping.claim, runtime.now()));
  if (isUsed) throw taken(assistant.id, key, by);
  // The note is stale: its owner no longer has the assistant. Another operation that replaces it at the same time has
  // another token.
  const second = await owners.own(assistant.id, mine, by);
  if (second.kind === 'taken') throw taken(assistant.id, key, second.by);
}

function isSame(a: AssistantKey, b: AssistantKey): boolean {
  return a.orgId === b.orgId && a.role === b.role;
}

/** Names the other role only to its own organisation. */
function taken(assistantId: string, { orgId }: AssistantKey, by: AssistantKey): Problem {
  const owner =
    by.orgId === orgId ? `the ${by.role} assistant of this organisation` : 'the assistant of another organisation';
  const detail = `Assistant ${assistantId}, which the secret or the organisation record names, is ${owner} already. Take it out there, or name another one here.`;
  return new Problem('ASSISTANT_TAKEN', detail, { withoutEffect: true });
}
