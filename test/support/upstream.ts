import { isJsonObject, type JsonObject } from '../../local/stack/json.ts';
import { LOCAL_ACCOUNTS, type VapiStandIn } from '../../local/vapi/stand-in.ts';

/** The requests that the stand-in saw, as `METHOD /path` with ids left out, oldest first. */
export function calls(vapi: VapiStandIn): string[] {
  return vapi.requests.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f-]{36}$/, ':id')}`);
}

/** The keys that the stand-in saw. */
export function keysSeen(vapi: VapiStandIn): string[] {
  return [...new Set(vapi.requests.map(({ key }) => key ?? 'none'))];
}

/** All assistants of the stand-in whose metadata names this organisation (and role), in any account. */
export function assistantsOf(vapi: VapiStandIn, orgId: string, role?: string): JsonObject[] {
  return everyAssistant(vapi).filter(({ metadata }) => {
    if (!isJsonObject(metadata) || metadata.orgId !== orgId) return false;
    return role === undefined || metadata.role === role;
  });
}

/** All assistants of the stand-in. */
export function everyAssistant(vapi: VapiStandIn): JsonObject[] {
  return Object.values(LOCAL_ACCOUNTS).flatMap((account) => vapi.assistants(account));
}

/** The assistants of the account that a key opens. */
export function assistantsWithKey(vapi: VapiStandIn, key: string): JsonObject[] {
  return vapi.assistants(LOCAL_ACCOUNTS[key] ?? 'no such key');
}
