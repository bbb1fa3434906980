import { type AccessSession, openAccessSession } from '../account/access-session.ts';
import type { Access } from '../account/credentials.ts';
import type { VapiAccount } from '../account/vapi-account.ts';
import type { AssistantMapping, Retiree } from '../mapping/assistant-mapping.ts';
import { isHeld, mayHaveCreated, settlesAt } from '../mapping/claim.ts';
import { type Expectation, expecting } from '../mapping/expectation.ts';
import { endClaim, giveBack, type HeldClaim, leaveUnresolved, takeClaim } from '../mapping/hold-claim.ts';
import { mappingOf } from '../mapping/organisation-view.ts';
import { assertTimeLeft, waitForClaim } from '../mapping/wait-for-claim.ts';
import type { Operation } from '../operation.ts';
import { releaseNumbers } from '../phone-number/link-phone-number.ts';
import { numbersOf, wantedPhoneNumber } from '../phone-number/phone-number.ts';
import { Problem } from '../problem.ts';
import { claimTokenOf, isReachable, mappedAsRetiree, type Stray } from './decide.ts';
import { assertSameAccount } from './observe.ts';
import { accountOf, findStrays } from './strays.ts';
import { createUnresolved } from './unresolved-create.ts';

/**
 * Removes the assistant at Vapi, checks that it is gone, then removes the configurations and the mapping. Does nothing
 * without a mapping. Throws `Problem`s; the mapping then stays. When an expectation is not met, does nothing and throws
 * `PRECONDITION_FAILED`.
 */
export async function removeAssistant(asked: Operation, expected: Expectation = {}): Promise<'removed' | 'absent'> {
  const operation = expecting(asked, expected);
  const credentials = openAccessSession(operation);
  for (let round = 0; ; round += 1) {
    const result = await credentials.reauthorising(() => tryOnce(operation, { credentials, round }));
    if (result) return result;
    assertTimeLeft(operation);
  }
}

async function tryOnce(
  operation: Operation,
  { credentials, round }: { credentials: AccessSession; round: number },
): Promise<'removed' | 'absent' | undefined> {
  const view = await operation.mappings.read(operation.key.orgId);
  const mapping = mappingOf(view, operation.key);
  operation.precondition?.assertHolds(mapping, operation.runtime.now());
  if (!mapping) return 'absent';
  if (mapping.claim && isHeld(mapping.claim, operation.runtime.now())) {
    await waitForClaim(operation, { claim: mapping.claim, round });
    return undefined;
  }
  // The row may name an account that this environment has no key of yet.
  const access = await credentials.freshAccess(view.record);
  return (await removeUnderClaim(operation, { mapping, access })) ? 'removed' : undefined;
}

interface Removal {
  mapping: AssistantMapping;
  access: Access;
}

async function removeUnderClaim(operation: Operation, removal: Removal): Promise<boolean> {
  const { mapping, access } = removal;
  const strays = await findStrays(operation, removal);
  assertSettled(mapping, { strays, now: operation.runtime.now() });
  const held = await takeClaim(operation, {
    mapping,
    operation: 'delete',
    scope: access.scope,
    retire: strays.map(({ assistant, scope }) => ({ assistantId: assistant.id, scope })),
  });
  if (!held) return false;
  const retirees = allOf(operation, { mapping, access, strays });
  let isBegun = false;
  try {
    for (const retiree of retirees) {
      await removeVerified(operation, { ...removal, retiree });
      isBegun = true;
    }
    await takeOffNumbers(operation, removal);
    await operation.specs.removeAll(operation.key);
  } catch (error) {
    // The assistant may be gone: the row stays marked as being removed, so that nothing but a PUT brings the assistant
    // back.
    if (isBegun || !madeNoChange(error)) await leaveUnresolved(operation, held);
    else await giveBack(operation, { held });
    throw error;
  }
  return await removeRow(operation, held);
}

/** True when Vapi refused, or was never asked: the assistant is as it was. */
function madeNoChange(error: unknown): boolean {
  return error instanceof Problem && (error.withoutEffect || !error.retryable);
}

/**
 * Takes all numbers off the assistant that the mapping has pointed to it. Called when the assistant is gone: one that
 * Vapi does not delete keeps its number.
 */
async function takeOffNumbers(operation: Operation, { mapping, access }: Removal): Promise<void> {
  const { assistantId, scope, phoneNumber } = mapping;
  // A number that was configured later, and that somebody pointed to the assistant by hand.
  const id = phoneNumber ? undefined : wantedPhoneNumber(operation.key, access);
  const wanted = id && assistantId && scope ? [{ id, scope, assistantIds: [assistantId] }] : [];
  const numbers = [...numbersOf(mapping), ...wanted, ...mapping.formerNumbers];
  await releaseNumbers(operation, { numbers, access });
}

/** While a create may still turn up, removing the row would leave an assistant without a mapping. */
function assertSettled({ claim }: AssistantMapping, { strays, now }: { strays: readonly Stray[]; now: number }): void {
  if (!claim || !mayHaveCreated(claim) || now >= settlesAt(claim)) return;
  if (strays.some(({ assistant }) => claimTokenOf(assistant) === claim.token)) return;
  throw createUnresolved(settlesAt(claim), now);
}

/**
 * The assistant and every other assistant of ours for this key. Those in the organisation's own account are skipped
 * when its key is gone: they cannot be reached.
 */
function allOf({ journal }: Operation, { mapping, access, strays }: Removal & { strays: readonly Stray[] }): Retiree[] {
  const found = strays.map(({ assistant, scope }) => ({ assistantId: assistant.id, scope }));
  const others = [...mapping.retiring, ...found];
  for (const { assistantId } of others.filter((other) => !isReachable(other, access.scope))) {
    journal.record({ code: 'OLD_ASSISTANT_UNREACHABLE', assistantId });
  }
  return [...mappedAsRetiree(mapping), ...others.filter((other) => isReachable(other, access.scope))];
}

async function removeVerified(
  operation: Operation,
  { mapping, access, retiree }: Removal & { retiree: Retiree },
): Promise<void> {
  const { assistantId, scope } = retiree;
  const account = await accountOf(operation, { scope, access });
  if (!account) {
    throw new Problem(
      'CREDENTIALS_MISSING',
      `Assistant ${assistantId} was made with the organisation's own key, which is no longer there, so it cannot be removed. Restore the secret and repeat the request.`,
    );
  }
  const removed = await account.assistants.remove(assistantId);
  if (removed.kind === 'missing') await assertKnowsOf(account, { retiree, mapping });
  else await assertGone(account, assistantId);
  operation.journal.record({ code: 'ASSISTANT_REMOVED', assistantId, scope });
}

/** Throws `VAPI_UNAVAILABLE` when Vapi said that it deleted an assistant, and still has it. */
export async function assertGone(account: VapiAccount, assistantId: string): Promise<void> {
  const after = await account.assistants.get(assistantId);
  if (after.kind === 'missing') return;
  const detail = `Vapi still has assistant ${assistantId} after deleting it. Repeat the request.`;
  throw new Problem('VAPI_UNAVAILABLE', detail);
}

/**
 * A 404 is certain to the key with which the assistant was last seen; to another key only if it opens the same account.
 */
async function assertKnowsOf(
  account: VapiAccount,
  { retiree, mapping }: { retiree: Retiree; mapping: AssistantMapping },
): Promise<void> {
  const { keyFingerprint } = retiree;
  if (keyFingerprint && keyFingerprint !== account.keyFingerprint) await assertSameAccount(account, mapping);
}

async function removeRow(operation: Operation, held: HeldClaim): Promise<boolean> {
  const result = await endClaim(operation, { held, transition: 'remove', change: {} });
  if (result.kind === 'conflict') return false;
  operation.journal.record({ code: 'MAPPING_REMOVED' });
  return true;
}
