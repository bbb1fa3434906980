import type { Scope } from '../account/scope.ts';
import type { Resource } from '../account/vapi-account.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';

/** The owner of an assistant that this service did not make, and the token of the claim under which it was taken. */
export interface AssistantOwner extends AssistantKey {
  token: string;
}

/**
 * The owners of assistants. An assistant that was made here names its owner in its metadata and has a mapping; for
 * others the owner is noted here.
 */
export interface AssistantOwners {
  /** Mappings that name the assistant, in the account of that scope. A write of the last second may be missing. */
  ownersOf(assistant: Resource, account: { orgId: string; scope: Scope }): Promise<AssistantKey[]>;
  /**
   * Notes the owner of an assistant, if it has none yet, or the same one, or still the one that was read (`from`).
   * Otherwise returns the present owner.
   */
  own(
    assistantId: string,
    owner: AssistantOwner,
    from?: AssistantOwner,
  ): Promise<{ kind: 'owned' } | { kind: 'taken'; by: AssistantOwner }>;
}
