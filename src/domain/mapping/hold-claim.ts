import type { Scope } from '../account/scope.ts';
import { nameOf } from '../journal.ts';
import type { Operation } from '../operation.ts';
import type { AssistantMapping, Attempt, Retiree } from './assistant-mapping.ts';
import { type Claim, type ClaimOperation, newClaim, settlesAt } from './claim.ts';
import { type ClaimableRow, claimRow, endRowClaim, type Held, returnOf, unresolved } from './claim-row.ts';
import { mappingAfter } from './mapping-after.ts';
import type { MappingChange } from './stores.ts';
import type { Transition } from './transitions.ts';

/** A claim on a mapping that this operation holds. */
export type HeldClaim = Held<AssistantMapping>;

export interface ClaimRequest {
  mapping: AssistantMapping | undefined;
  operation: ClaimOperation;
  scope: Scope;
  /** Hash of the configuration that is about to be sent to Vapi. */
  specHash?: string;
  /** Tools of ours that the change links. */
  toolIds?: readonly string[];
  /** Assistants to be removed: written down with the claim, so that a crash does not forget them. */
  retire: readonly Retiree[];
}

/**
 * Takes the claim on the mapping, if the row is still as it was read. Returns undefined when another operation was
 * faster.
 */
export async function takeClaim(
  operation: Operation,
  { mapping, operation: purpose, scope, specHash, toolIds = [], retire }: ClaimRequest,
): Promise<HeldClaim | undefined> {
  const { runtime, deadline, journal, precondition } = operation;
  const previous = mapping?.claim;
  const token = runtime.uniqueId();
  const remainingMs = deadline.remainingMs();
  const made = newClaim({ token, operation: purpose, scope, now: runtime.now(), remainingMs, previous });
  const claim = { ...made, by: operation.by, operationId: operation.id };
  const attempted = withAttempt(mapping?.attempted ?? [], { specHash, toolIds, claim });
  const change = { attempted, revisedBy: operation.id, retiring: stillToRetire(mapping, retire) };
  const held = await claimRow(rowOf(operation), { from: mapping, claim, change });
  if (!held) return undefined;
  precondition?.follow(held.row);
  journal.record({ code: 'CLAIM_TAKEN', operation: purpose, takenOver: previous !== undefined });
  return held;
}

/** The mapping of an operation as a row that is changed under a claim. */
function rowOf({ mappings, key }: Operation): ClaimableRow<AssistantMapping, MappingChange> {
  return {
    write: async (write) => {
      const asked = { ...write, key };
      const { kind } = await mappings.write(asked);
      return kind === 'written' ? { kind, row: mappingAfter(asked) } : { kind };
    },
  };
}

/** Until the outcome is known, the configuration counts as one that may have reached Vapi. */
function withAttempt(
  attempted: readonly Attempt[],
  { specHash, toolIds, claim }: { specHash: string | undefined; toolIds: readonly string[]; claim: Claim },
): readonly Attempt[] {
  if (!specHash) return attempted;
  const until = new Date(settlesAt(claim)).toISOString();
  const before = attempted.find((attempt) => attempt.specHash === specHash);
  const linked = [...new Set([...(before?.toolIds ?? []), ...toolIds])];
  const attempt = { specHash, until, ...(linked.length > 0 ? { toolIds: linked } : {}) };
  return [...attempted.filter((other) => other !== before), attempt];
}

/** The retirees of the row and the new ones, except those that the row already names. */
function stillToRetire(mapping: AssistantMapping | undefined, retire: readonly Retiree[]): Retiree[] {
  const known = mapping?.retiring ?? [];
  const written = [mapping?.assistantId, ...known.map(({ assistantId }) => assistantId)];
  return [...known, ...retire.filter(({ assistantId }) => !written.includes(assistantId))];
}

/** Ends the claim with one write, if the claim is still ours. */
export async function endClaim(
  operation: Operation,
  { held, transition, change }: { held: HeldClaim; transition: Transition; change: MappingChange },
): Promise<{ kind: 'written'; row: AssistantMapping | undefined } | { kind: 'conflict' }> {
  const { runtime } = operation;
  return await endRowClaim(rowOf(operation), held, { transition, change, runtime });
}

/**
 * Gives the row back after a failure that made nothing (`returnOf`). Never throws: the failure that led here is the
 * answer, and a claim that cannot be given back expires.
 */
export async function giveBack(
  operation: Operation,
  { held, attempted }: { held: HeldClaim; attempted?: readonly Attempt[] },
): Promise<void> {
  const { assistantId, retiring } = held.row;
  const { transition, change } = returnOf(held, assistantId === undefined && retiring.length === 0);
  await quietly(operation, async () => {
    // A row that is removed leaves no configuration behind: no prompt outlives it.
    if (transition === 'abandon') await operation.specs.removeAll(operation.key);
    await endClaim(operation, { held, transition, change: { ...change, attempted } });
  });
}

/** Acts at Vapi or on the table under a claim, and gives the row back when that fails. Throws the failure. */
export async function givingBackAfterFailure<T>(
  operation: Operation,
  held: HeldClaim,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    await giveBack(operation, { held });
    throw error;
  }
}

/**
 * Leaves the row claimed without a live holder, because the outcome of the change is unknown: the next operation looks
 * it up. Never throws: a claim that cannot be written expires by itself, with the same effect. Returns the claim as it
 * is left.
 */
export async function leaveUnresolved(operation: Operation, held: HeldClaim): Promise<Claim> {
  const { claim, end } = unresolved(held, operation.runtime);
  await quietly(operation, async () => void (await endClaim(operation, { held, ...end })));
  return claim;
}

async function quietly({ journal }: Operation, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    journal.record({ code: 'RELEASE_FAILED', cause: nameOf(error) });
  }
}
