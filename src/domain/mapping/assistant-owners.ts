import type { Scope } from '../account/scope.ts';
import type { Resource } from '../account/vapi-account.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';

/** Who has taken an assistant that this service did not make, by the claim with this token. */
export interface AssistantOwner extends AssistantKey {
  token: string;
}

/**
 * Who has which assistant. An assistant that was made here is in its mapping and in its metadata; others are noted one
 * by one.
 */
export interface AssistantOwners {
  /** Mappings that name the assistant, in the account of that scope. What was written a moment ago may be missing. */
  ownersOf(assistant: Resource, account: { orgId: string; scope: Scope }): Promise<AssistantKey[]>;
  /**
   * Notes the owner of an assistant, if there is none yet, it is the same organisation and role, or it is still the one
   * that was read (`from`). Else the owner that there is comes back.
   */
  own(
    assistantId: string,
    owner: AssistantOwner,
    from?: AssistantOwner,
  ): Promise<{ kind: 'owned' } | { kind: 'taken'; by: AssistantOwner }>;
}
