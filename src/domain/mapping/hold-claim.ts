import type { Scope } from '../account/scope.ts';
import { nameOf } from '../journal.ts';
import type { Operation } from '../operation.ts';
import { isoNow } from '../runtime.ts';
import type { AssistantMapping, Attempt, MappingChange, MappingWriteResult, Retiree } from './assistant-mapping.ts';
import { type Claim, type ClaimOperation, newClaim, settlesAt } from './claim.ts';
import type { Transition } from './transitions.ts';

/** The claim that this operation holds, and the row as it was written with it. */
export interface HeldClaim {
  claim: Claim;
  /** The ended claim that was taken over. */
  previous: Claim | undefined;
  mapping: AssistantMapping;
}

interface ClaimRequest {
  mapping: AssistantMapping | undefined;
  operation: ClaimOperation;
  scope: Scope;
  /** Hash of the configuration that is about to be sent to Vapi. */
  specHash?: string;
  /** Tools of ours that it links. */
  toolIds?: readonly string[];
  /** What is to be removed besides: written down with the claim, so that a crash does not forget it. */
  retire: readonly Retiree[];
}

/** Takes the row, on condition that it still is as it was read. Undefined when somebody else was faster. */
export async function takeClaim(
  { runtime, mappings, key, deadline, journal, precondition }: Operation,
  { mapping, operation, scope, specHash, toolIds = [], retire }: ClaimRequest,
): Promise<HeldClaim | undefined> {
  const previous = mapping?.claim;
  const now = runtime.now();
  const token = runtime.uniqueId();
  const claim = newClaim({ token, operation, scope, now, remainingMs: deadline.remainingMs(), previous });
  const attempted = withAttempt(mapping?.attempted ?? [], { specHash, toolIds, claim });
  const result = await mappings.write({
    key,
    transition: previous ? 'take-over' : 'claim',
    from: mapping,
    token,
    change: { claim, attempted, retiring: stillToRetire(mapping, retire) },
    at: claim.startedAt,
  });
  if (result.kind === 'conflict' || !result.mapping) return undefined;
  precondition?.follow(result.mapping);
  journal.record({ code: 'CLAIM_TAKEN', operation, takenOver: previous !== undefined });
  return { claim, previous, mapping: result.mapping };
}

/** Until it is known what came of it, the configuration counts as one that may have reached Vapi. */
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

/** The assistant that the row itself names is left out: that is written down already. */
function stillToRetire(mapping: AssistantMapping | undefined, retire: readonly Retiree[]): Retiree[] {
  const known = mapping?.retiring ?? [];
  const written = [mapping?.assistantId, ...known.map(({ assistantId }) => assistantId)];
  return [...known, ...retire.filter(({ assistantId }) => !written.includes(assistantId))];
}

/** Ends the claim with one write, on condition that it is still ours. */
export async function endClaim(
  { runtime, mappings, key }: Operation,
  { held, transition, change }: { held: HeldClaim; transition: Transition; change: MappingChange },
): Promise<MappingWriteResult> {
  const at = isoNow(runtime);
  const from = held.mapping;
  return await mappings.write({ key, transition, from, token: held.claim.token, change, at });
}

/**
 * Gives the row back after a failure that made nothing. A claim that was taken over from an unknown outcome is put back as
 * it was, unresolved: what it left at Vapi is still to be found, by its token and in its account. Never throws: the failure that led here is the answer,
 * and a claim that cannot be given back expires.
 */
export async function giveBack(
  operation: Operation,
  { held, attempted }: { held: HeldClaim; attempted?: readonly Attempt[] },
): Promise<void> {
  try {
    const end = returnOf(held, attempted);
    // Nothing refers to the configurations of a row that goes: no prompt outlives it.
    if (end.transition === 'abandon') await operation.specs.removeAll(operation.key);
    await endClaim(operation, { held, ...end });
  } catch (error) {
    operation.journal.record({ code: 'RELEASE_FAILED', cause: nameOf(error) });
  }
}

function returnOf(
  { previous, mapping }: HeldClaim,
  attempted: readonly Attempt[] | undefined,
): { transition: Transition; change: MappingChange } {
  const restored = attempted ? { attempted } : {};
  if (previous) {
    const unresolvedAt = previous.unresolvedAt ?? previous.expiresAt;
    return { transition: 'leave-unresolved', change: { claim: { ...previous, unresolvedAt }, ...restored } };
  }
  const isEmpty = mapping.assistantId === undefined && mapping.retiring.length === 0;
  if (isEmpty) return { transition: 'abandon', change: {} };
  return { transition: 'release', change: { claim: null, ...restored } };
}

/**
 * Leaves the row claimed by nobody who acts, as it is not known what came of the change: whoever comes next finds out.
 * Never throws: a claim that cannot be written expires by itself, and says the same. Returns the claim as it is left.
 */
export async function leaveUnresolved(operation: Operation, held: HeldClaim): Promise<Claim> {
  const claim: Claim = { ...held.claim, unresolvedAt: isoNow(operation.runtime) };
  try {
    await endClaim(operation, { held, transition: 'leave-unresolved', change: { claim } });
  } catch (error) {
    operation.journal.record({ code: 'RELEASE_FAILED', cause: nameOf(error) });
  }
  return claim;
}
