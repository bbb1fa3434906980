import { type CreationWindow, listCreated, windowAtVapi } from '../account/list-created.ts';
import type { Resource, VapiAccount } from '../account/vapi-account.ts';
import { MANAGED_BY, metadataOf } from '../configuration/configuration.ts';
import type { SyncDependencies } from '../operation.ts';
import type { VerificationRun } from './run.ts';

/** The window, by Vapi's clock, in which a run made its assistants and tools. */
export function windowOf({ startedAt, endsBefore }: VerificationRun): CreationWindow {
  return windowAtVapi({ since: startedAt, untilMs: Date.parse(endsBefore) });
}

/** The assistants of an account whose metadata names an organisation of the run. */
export async function listMadeBy(
  { deployment }: SyncDependencies,
  account: VapiAccount,
  run: VerificationRun,
): Promise<Resource[]> {
  const listed = await listCreated((query) => account.assistants.list(query), windowOf(run));
  return listed.filter(({ config }) => {
    const metadata = metadataOf(config);
    if (metadata.managedBy !== MANAGED_BY || metadata.deployment !== deployment) return false;
    return run.organisations.some((orgId) => orgId === metadata.orgId);
  });
}
