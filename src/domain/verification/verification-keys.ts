import { forgetAccess, resolveAccess, resolvePlatformKey } from '../credentials.ts';
import type { SyncDependencies } from '../operation.ts';
import type { VerificationKeys } from './stage.ts';
import { OWN_KEY_ORGANISATION } from './verification-run.ts';

/**
 * The keys of the accounts in which a run looks, read anew. Throws the `Problem` of a key that is missing or cannot be
 * used; that no own key is configured is none.
 */
export async function findKeys({ credentials }: SyncDependencies): Promise<VerificationKeys> {
  forgetAccess(credentials, OWN_KEY_ORGANISATION);
  const platform = await resolvePlatformKey(credentials);
  const own = await resolveAccess(credentials, {
    orgId: OWN_KEY_ORGANISATION,
    record: async () => undefined,
    journal: { record: () => {} },
  });
  return own.source === 'org-secret' ? { platform, own: own.apiKey } : { platform };
}
