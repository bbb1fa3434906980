/** Whose Vapi account an assistant lives in. */
export type Scope = 'platform' | 'org';

export type CredentialSource = 'org-secret' | 'org-record' | 'platform';

/** The Vapi account itself: the platform's, or that of one organisation with a key of its own. */
export type ScopeKey = 'platform' | `org:${string}`;

/** The scope in which an organisation's tools and mappings are kept. */
export function scopeKeyOf(scope: Scope, orgId: string): ScopeKey {
  return scope === 'platform' ? 'platform' : `org:${orgId}`;
}

/** The organisation of a scope; undefined for the platform's. */
export function organisationOf(scope: ScopeKey): string | undefined {
  return scope === 'platform' ? undefined : scope.slice('org:'.length);
}
