import type { ApiKey } from '../../src/domain/account/api-key.ts';
import { resolveOwnKey, resolvePlatformKey } from '../../src/domain/account/credentials.ts';
import { listCreated } from '../../src/domain/account/list-created.ts';
import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import { ownerOf } from '../../src/domain/configuration/owner.ts';
import type { SyncDependencies } from '../../src/domain/operation.ts';

/** The longest that listing an account may take, in ms; the user can stop it earlier. */
const LONGEST_MS = 30 * 60_000;

/**
 * The assistants of an account that this deployment made, by their metadata, newest first. `orgId` names the
 * organisation whose own account is read; by default it is the platform's. Throws `Problem`s of the key and of Vapi.
 */
export async function listManaged(
  deps: Pick<SyncDependencies, 'credentials' | 'vapi' | 'deployment'>,
  orgId?: string,
): Promise<(AssistantKey & { assistantId: string })[]> {
  const account = deps.vapi.open(await keyOf(deps, orgId), { remainingMs: () => LONGEST_MS });
  const all = await listCreated((query) => account.assistants.list(query), { since: new Date(0).toISOString() });
  return all.flatMap((assistant) => {
    const owner = ownerOf(assistant, deps.deployment);
    return owner ? [{ ...owner, assistantId: assistant.id }] : [];
  });
}

async function keyOf(
  { credentials }: Pick<SyncDependencies, 'credentials'>,
  orgId: string | undefined,
): Promise<ApiKey> {
  if (orgId === undefined) return await resolvePlatformKey(credentials);
  const own = await resolveOwnKey(credentials, { orgId, journal: { record: () => {} } });
  if (!own) throw new Error(`${orgId} has no secret of its own: its assistants are the platform's`);
  return own;
}
