import { MANAGED_BY } from '../desired-assistant.ts';
import { isJsonObject } from '../json.ts';
import { listCreated } from '../look-up-strays.ts';
import type { SyncDependencies } from '../operation.ts';
import { LOOKUP_MARGIN_MS } from '../sync-timing.ts';
import type { LiveAssistant, VapiAccount } from '../vapi-account.ts';
import type { VerificationRun } from './verification-run.ts';

/** The assistants of an account that say, by their metadata, that they belong to the organisations of a run. */
export async function listMadeBy(
  { deployment }: SyncDependencies,
  account: VapiAccount,
  { organisations, startedAt, endsBefore }: VerificationRun,
): Promise<LiveAssistant[]> {
  const since = new Date(Date.parse(startedAt) - LOOKUP_MARGIN_MS).toISOString();
  const until = new Date(Date.parse(endsBefore) + LOOKUP_MARGIN_MS).toISOString();
  const listed = await listCreated(account, { since, until });
  return listed.filter(({ config: { metadata } }) => {
    if (!isJsonObject(metadata) || metadata.managedBy !== MANAGED_BY || metadata.deployment !== deployment)
      return false;
    return organisations.some((orgId) => orgId === metadata.orgId);
  });
}
