/** Whose Vapi account an assistant lives in. */
export type Scope = 'platform' | 'org';

export type CredentialSource = 'org-secret' | 'org-record' | 'platform';

/** The Vapi account itself: the platform's, or that of one organisation with a key of its own. */
export type ScopeKey = 'platform' | `org:${string}`;

/** The account that a scope means for an organisation. */
export function scopeKeyOf(scope: Scope, orgId: string): ScopeKey {
  return scope === 'platform' ? 'platform' : `org:${orgId}`;
}

/** The organisation whose own account this is; undefined for the platform's. */
export function organisationOf(scope: ScopeKey): string | undefined {
  return scope === 'platform' ? undefined : scope.slice('org:'.length);
}
