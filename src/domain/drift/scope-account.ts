import type { ApiKey } from '../api-key.ts';
import { type Access, forgetAccess, resolveAccess, resolvePlatformKey } from '../credentials.ts';
import { Problem } from '../problem.ts';
import type { ScopeKey } from '../tool-registry.ts';
import type { DriftCall, DriftDependencies } from './drift-dependencies.ts';
import type { Opened, PacedAccount } from './paced-account.ts';

/** The organisation of a scope; undefined for the platform's. */
export function organisationOf(scope: ScopeKey): string | undefined {
  return scope === 'platform' ? undefined : scope.slice('org:'.length);
}

/** Opens the account of a scope. Undefined when it is that of an organisation that has no key of its own any more. */
export async function openAccount(
  deps: DriftDependencies,
  call: DriftCall,
  scope: ScopeKey,
): Promise<PacedAccount | undefined> {
  const { parallelWindows, callsPerSecond } = deps.limits;
  const orgId = organisationOf(scope);
  if (orgId === undefined) {
    const apiKey = await resolvePlatformKey(deps.credentials);
    return deps.pacer.paced(open(deps, call, apiKey), callsPerSecond / parallelWindows);
  }
  const access = await ownAccess(deps, call, orgId);
  return access && deps.pacer.paced(open(deps, call, access.apiKey), callsPerSecond);
}

function open({ vapi }: DriftDependencies, { deadline }: DriftCall, apiKey: ApiKey): Opened {
  return { account: vapi.open(apiKey, deadline), numbers: vapi.phoneNumbers(apiKey, deadline) };
}

async function ownAccess(deps: DriftDependencies, { journal }: DriftCall, orgId: string): Promise<Access | undefined> {
  const access = await resolveAccess(deps.credentials, { orgId, record: async () => undefined, journal });
  return access.scope === 'org' ? access : undefined;
}

/** Drops the remembered key of a scope, so that the next attempt reads it anew. */
export function forgetKey(deps: DriftDependencies, scope: ScopeKey): void {
  const orgId = organisationOf(scope);
  if (orgId === undefined) deps.credentials.secrets.forget({ kind: 'platform' });
  else forgetAccess(deps.credentials, orgId);
}

/** Mappings are left behind in an account that nobody can open. */
export function keyIsGone(orgId: string): Problem {
  const detail = `Assistants are mapped in the own account of ${orgId}, and its secret is gone. Restore it; or PUT the assistants anew, which makes them in the platform's account.`;
  return new Problem('CREDENTIALS_MISSING', detail);
}
