import { forgetAccess, resolveOwnKey, resolvePlatformKey } from '../account/credentials.ts';
import { SILENT_JOURNAL } from '../journal.ts';
import type { SyncDependencies } from '../operation.ts';
import { OWN_KEY_ORGANISATION } from './run.ts';
import type { VerificationKeys } from './stage.ts';

/**
 * The keys of the accounts that a run looks into, read anew. Throws the `Problem` of a key that is missing or cannot be
 * used; a missing own key is no problem.
 */
export async function findKeys({ credentials }: SyncDependencies): Promise<VerificationKeys> {
  forgetAccess(credentials, OWN_KEY_ORGANISATION);
  const platform = await resolvePlatformKey(credentials);
  const own = await resolveOwnKey(credentials, { orgId: OWN_KEY_ORGANISATION, journal: SILENT_JOURNAL });
  return own ? { platform, own } : { platform };
}
