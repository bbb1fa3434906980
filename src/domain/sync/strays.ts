import { type Access, keyOfScope } from '../account/credentials.ts';
import { listCreated, windowAtVapi } from '../account/list-created.ts';
import type { Scope } from '../account/scope.ts';
import type { Resource, VapiAccount } from '../account/vapi-account.ts';
import { isOurs } from '../configuration/configuration.ts';
import type { AssistantMapping } from '../mapping/assistant-mapping.ts';
import { settlesAt } from '../mapping/claim.ts';
import type { Operation } from '../operation.ts';
import type { Stray } from './decide.ts';

/** Assistants of ours for this key that were made since a claim began, up to a moment (epoch ms) if one is given. */
export async function findOurs(
  operation: Operation,
  { account, ...made }: { account: VapiAccount; since: string; untilMs?: number },
): Promise<Resource[]> {
  const listed = await listCreated((query) => account.assistants.list(query), windowAtVapi(made));
  const ours = listed.filter(({ config }) => isOurs(config, operation.key, operation.deployment));
  operation.journal.record({ code: 'CREATE_LOOKED_UP', found: ours.length });
  return ours;
}

/**
 * Assistants that a crashed holder left at Vapi, looked for in the account that its claim used. In an organisation's
 * account whose key is gone nothing can be found.
 */
export async function findStrays(
  operation: Operation,
  { mapping, access }: { mapping: AssistantMapping | undefined; access: Access },
): Promise<Stray[]> {
  const claim = mapping?.claim;
  if (!claim) return [];
  const account = await accountOf(operation, { scope: claim.scope, access });
  if (!account) return [];
  const ours = await findOurs(operation, { account, since: claim.since, untilMs: settlesAt(claim) });
  const accounted = [mapping.assistantId, ...mapping.retiring.map(({ assistantId }) => assistantId)];
  return ours.filter(({ id }) => !accounted.includes(id)).map((assistant) => ({ assistant, scope: claim.scope }));
}

/** The account of a scope as the organisation can reach it now; undefined when its key is gone. */
export async function accountOf(
  { vapi, credentials, deadline }: Operation,
  { scope, access }: { scope: Scope; access: Access },
): Promise<VapiAccount | undefined> {
  const apiKey = await keyOfScope(credentials, { scope, access });
  return apiKey && vapi.open(apiKey, deadline);
}
