import type { ApiKey } from '../account/api-key.ts';
import { forgetAccess, resolveOwnKey, resolvePlatformKey } from '../account/credentials.ts';
import type { ScopeKey } from '../account/scope.ts';
import { organisationOf } from '../account/scope.ts';
import type { PacedAccount } from '../long-work/paced-account.ts';
import { Problem } from '../problem.ts';
import type { DriftCall, DriftDependencies } from './drift-dependencies.ts';

/** Opens the account of a scope. Undefined for an organisation that no longer has a key of its own. */
export async function openAccount(call: DriftCall, scope: ScopeKey): Promise<PacedAccount | undefined> {
  const { parallelWindows, callsPerSecond } = call.limits;
  const apiKey = await keyOf(call, scope);
  if (!apiKey) return undefined;
  const account = call.vapi.open(apiKey, call.deadline);
  return call.pacer.paced(account, scope === 'platform' ? callsPerSecond / parallelWindows : callsPerSecond);
}

async function keyOf({ credentials, journal }: DriftCall, scope: ScopeKey): Promise<ApiKey | undefined> {
  const orgId = organisationOf(scope);
  return orgId === undefined
    ? await resolvePlatformKey(credentials)
    : await resolveOwnKey(credentials, { orgId, journal });
}

/** Drops the remembered key of a scope, so that the next attempt reads it anew. */
export function forgetKey(deps: DriftDependencies, scope: ScopeKey): void {
  const orgId = organisationOf(scope);
  if (orgId === undefined) deps.credentials.secrets.forget({ kind: 'platform' });
  else forgetAccess(deps.credentials, orgId);
}

/** The problem of mappings in an account whose key is gone. */
export function keyIsGone(orgId: string): Problem {
  const detail = `Assistants are mapped in the own account of ${orgId}, and its secret is gone. Restore it; or PUT the assistants anew, which makes them in the platform's account.`;
  return new Problem('CREDENTIALS_MISSING', detail);
}
