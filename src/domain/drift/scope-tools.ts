import { resolveAccess, resolvePlatformKey } from '../credentials.ts';
import type { ScopeKey } from '../tool-registry.ts';
import type { VapiTools } from '../vapi-account.ts';
import type { DriftCall, DriftDependencies } from './drift-dependencies.ts';
import { organisationOf } from './scope-account.ts';

/** Opens the tools of a scope. Undefined when it is that of an organisation that has no key of its own any more. */
export async function openTools(
  { credentials, vapi }: DriftDependencies,
  { deadline, journal }: DriftCall,
  scope: ScopeKey,
): Promise<VapiTools | undefined> {
  const orgId = organisationOf(scope);
  if (orgId === undefined) return vapi.tools(await resolvePlatformKey(credentials), deadline);
  const access = await resolveAccess(credentials, { orgId, record: async () => undefined, journal });
  return access.scope === 'org' ? vapi.tools(access.apiKey, deadline) : undefined;
}
