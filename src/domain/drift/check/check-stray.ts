import { scopeKeyOf } from '../../account/scope.ts';
import type { Resource } from '../../account/vapi-account.ts';
import type { AssistantKey } from '../../configuration/assistant-key.ts';
import { ownerOf } from '../../configuration/owner.ts';
import { isHeld } from '../../mapping/claim.ts';
import { mappingOf, type OrganisationView, unreadableOf } from '../../mapping/organisation-view.ts';
import { isoNow } from '../../runtime.ts';
import { modeFor } from '../mode.ts';
import { tallyClass, tallyFinding } from '../tally.ts';
import { checkListed } from './check-row.ts';
import { reportUnreadable } from './report-row.ts';
import { type ScopeCheck, specsOf } from './scope-check.ts';

/** Checks an assistant in the list that no row of the index names there. */
export async function checkStray(check: ScopeCheck, live: Resource): Promise<void> {
  const { deps, tally } = check;
  const owner = ownerOf(live, deps.deployment);
  if (!owner) return tallyClass(tally, 'unmanaged');
  const view = await deps.mappings.read(owner.orgId);
  // The unreadable row may name this assistant: it is neither a duplicate nor an orphan.
  const hidden = unreadableOf(view, owner);
  if (hidden) return reportUnreadable(check, { ...hidden, ...owner, assistantId: live.id });
  const mapping = mappingOf(view, owner);
  if (mapping?.assistantId === live.id) return await checkMapped(check, { owner, view, live });
  if (mapping?.claim) {
    // The operation that takes the claim over looks for this assistant and finds it.
    if (isHeld(mapping.claim, deps.runtime.now())) return tallyClass(tally, 'changing');
    return;
  }
  // It was listed before the row was read: it may have been removed in between.
  const again = await check.account.assistants.get(live.id);
  if (again.kind === 'missing') return;
  const mode = modeFor(check.run.mode, view.record?.driftMode);
  if (mode === 'off') return tallyClass(tally, 'off');
  tallyFinding(tally, {
    id: `${check.scope}#${owner.orgId}#${owner.role}#${live.id}`,
    class: mapping ? 'duplicate' : 'orphan',
    scope: check.scope,
    ...owner,
    assistantId: live.id,
    mode,
    foundAt: isoNow(deps.runtime),
  });
}

interface Mapped {
  owner: AssistantKey;
  view: OrganisationView;
  live: Resource;
}

/**
 * Checks an assistant that is mapped after all, as the index was behind. Does nothing when it is mapped in another
 * scope that has the same account.
 */
async function checkMapped(check: ScopeCheck, { owner, view, live }: Mapped): Promise<void> {
  const mapping = mappingOf(view, owner);
  if (!mapping || scopeKeyOf(mapping.scope ?? 'platform', owner.orgId) !== check.scope) return;
  const configurations = await check.deps.fleet.configurations(specsOf(mapping));
  await checkListed({ ...check, configurations }, mapping, live);
}
