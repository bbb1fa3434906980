import { resolveAccess } from '../../account/credentials.ts';
import { completeList } from '../../account/list-cache.ts';
import type { ScopeKey } from '../../account/scope.ts';
import type { VapiAccount } from '../../account/vapi-account.ts';
import type { AssistantKey } from '../../configuration/assistant-key.ts';
import { ownerOf } from '../../configuration/owner.ts';
import type { PacedAccount } from '../../long-work/paced-account.ts';
import { isHeld, mayHaveCreated } from '../../mapping/claim.ts';
import { endClaim, giveBack, type HeldClaim, takeClaim } from '../../mapping/hold-claim.ts';
import { mappingOf } from '../../mapping/organisation-view.ts';
import type { Operation } from '../../operation.ts';
import { assertGone } from '../../sync/remove-assistant.ts';
import { retireAssistants } from '../../sync/retire-assistants.ts';
import { createdMs } from '../check/window.ts';
import type { DriftCall } from '../drift-dependencies.ts';
import { openAccount } from '../scope-account.ts';

/** The outcome of a removal; `kept` says why the assistant was not removed. */
type RemovalResult = { kind: 'removed' } | { kind: 'kept'; why: string };

interface StrayName {
  scope: ScopeKey;
  owner: AssistantKey;
  assistantId: string;
}

/**
 * Removes a duplicate or an orphan, if all that makes it one still holds: it exists, this deployment made it, it is old
 * enough, no number points to it, the mapping names another one and holds no claim, and the organisation does not name
 * it as its own. The claim on the mapping is held meanwhile, so that no sync can start to use the assistant. Throws
 * `Problem`s.
 */
export async function removeStray(call: DriftCall, stray: StrayName): Promise<RemovalResult> {
  const account = await openAccount(call, stray.scope);
  if (!account) return kept('no-key');
  const found = await account.assistants.get(stray.assistantId);
  if (found.kind === 'missing') return kept('gone');
  const owner = ownerOf(found.resource, call.deployment);
  if (owner?.orgId !== stray.owner.orgId || owner.role !== stray.owner.role) return kept('not-ours');
  const age = call.runtime.now() - createdMs(found.resource);
  if (!(age >= call.limits.graceMs)) return kept('young');
  if (await answersNumber(call, { stray, account })) return kept('answers-a-number');
  return await removeUnderClaim(call, { ...stray, account });
}

/**
 * True when a number points to the assistant: somebody did that on purpose, and without the assistant its callers would
 * reach nothing.
 */
async function answersNumber(
  { numbers, runId }: DriftCall,
  { stray, account }: { stray: StrayName; account: PacedAccount },
): Promise<boolean> {
  const known = numbers.list(`${runId} ${stray.scope}`);
  await completeList(known, (query) => account.phoneNumbers.list(query));
  return [...known.entries.values()].some(({ assistantId }) => assistantId === stray.assistantId);
}

function kept(why: string): RemovalResult {
  return { kind: 'kept', why };
}

interface Reached extends StrayName {
  account: VapiAccount;
}

async function removeUnderClaim(call: DriftCall, stray: Reached): Promise<RemovalResult> {
  const { owner, assistantId, account } = stray;
  const { journal } = call;
  const view = await call.mappings.read(owner.orgId);
  const mapping = mappingOf(view, owner);
  if (mapping?.claim) return kept('changing');
  if (mapping?.assistantId === assistantId) return kept('mapped');
  const access = await resolveAccess(call.credentials, {
    orgId: owner.orgId,
    record: async () => view.record,
    journal,
  });
  if (access.namedAssistantId === assistantId) return kept('named-by-organisation');
  const scope = stray.scope === 'platform' ? 'platform' : 'org';
  const retiree = { assistantId, scope, keyFingerprint: account.keyFingerprint } as const;
  const operation: Operation = { ...call, id: call.runId, key: owner };
  const held = await takeClaim(operation, { mapping, operation: 'update', scope, retire: [retiree] });
  if (!held) return kept('changing');
  try {
    await account.assistants.remove(assistantId);
    await assertGone(account, assistantId);
  } catch (error) {
    // The row names it as one to be removed: the next sync tries again.
    await giveBack(operation, { held });
    throw error;
  }
  journal.record({ code: 'ASSISTANT_REMOVED', assistantId, scope });
  await endRemoval(operation, { held, assistantId });
  return { kind: 'removed' };
}

/**
 * Completes removals that were interrupted: takes over a row that names no assistant and only lists what is still to be
 * removed, removes that, and then the row. Throws `Problem`s.
 */
export async function finishRemovals(call: DriftCall, key: AssistantKey): Promise<RemovalResult> {
  const { journal } = call;
  const view = await call.mappings.read(key.orgId);
  const mapping = mappingOf(view, key);
  if (!mapping || mapping.assistantId || mapping.retiring.length === 0) return kept('changed-meanwhile');
  const { claim } = mapping;
  if (claim && (isHeld(claim, call.runtime.now()) || mayHaveCreated(claim))) return kept('changing');
  const operation: Operation = { ...call, id: call.runId, key };
  const access = await resolveAccess(call.credentials, { orgId: key.orgId, record: async () => view.record, journal });
  const { scope } = access;
  const held = await takeClaim(operation, { mapping, operation: 'update', scope, retire: [] });
  if (!held) return kept('changing');
  const left = await retireAssistants(operation, { retirees: mapping.retiring, access });
  if (left.length > 0) {
    await giveBack(operation, { held });
    return kept('unreachable');
  }
  await call.specs.removeAll(key);
  await endClaim(operation, { held, transition: 'abandon', change: {} });
  return { kind: 'removed' };
}

/** Gives the claim back; a row that only held the claim is removed. */
async function endRemoval(
  operation: Operation,
  { held, assistantId }: { held: HeldClaim; assistantId: string },
): Promise<void> {
  const retiring = held.row.retiring.filter((retiree) => retiree.assistantId !== assistantId);
  if (held.row.assistantId === undefined && retiring.length === 0) {
    await operation.specs.removeAll(operation.key);
    await endClaim(operation, { held, transition: 'abandon', change: {} });
    return;
  }
  await endClaim(operation, { held, transition: 'release', change: { claim: null, retiring } });
}
