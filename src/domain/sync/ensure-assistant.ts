import { type Access, isSameAccess } from '../account/credentials.ts';
import { annotateMapping } from '../mapping/annotate-mapping.ts';
import type { AssistantMapping } from '../mapping/assistant-mapping.ts';
import { isSameBinding, rebind } from '../mapping/binding.ts';
import { claimAndKeep } from '../mapping/claim-and-keep.ts';
import { expecting } from '../mapping/expectation.ts';
import { giveBack, type HeldClaim } from '../mapping/hold-claim.ts';
import { assertTimeLeft, pauseBeforeRestart, waitForClaim } from '../mapping/wait-for-claim.ts';
import type { Operation } from '../operation.ts';
import { isSamePhoneNumber, wantedPhoneNumber } from '../phone-number/phone-number.ts';
import { isSameLive, lookAtLive } from '../traffic/live.ts';
import { askForName } from '../traffic/name-version.ts';
import { type ChangePlan, carryOutPlan } from './carry-out.ts';
import {
  type Decision,
  decideFrom,
  type Progress,
  type Reading,
  read,
  type SyncRequest,
  startProgress,
} from './plan-assistant.ts';
import { createUnresolved, removalUnresolved } from './unresolved-create.ts';

type SyncOutcome = 'created' | 'recreated' | 'adopted' | 'updated' | 'unchanged';

export interface SyncResult {
  outcome: SyncOutcome;
  /** True when the assistant that was mapped had been deleted at Vapi. */
  wasDeleted: boolean;
  mapping: AssistantMapping;
  access: Access;
}

/**
 * Makes the one assistant of `operation.key` equal to `desired`: observe, decide, act, and start over whenever another
 * operation was faster. Throws `Problem`s; whatever is thrown, no second assistant was made. When an expectation is not
 * met, does nothing and throws `PRECONDITION_FAILED`.
 */
export async function ensureAssistant(asked: Operation, request: SyncRequest): Promise<SyncResult> {
  const operation = expecting(asked, request.expected ?? {});
  const progress = startProgress(operation, request);
  for (;;) {
    const result = await progress.credentials.reauthorising(() => tryOnce(operation, progress));
    if (result) return result;
    assertTimeLeft(operation);
  }
}

async function tryOnce(operation: Operation, progress: Progress): Promise<SyncResult | undefined> {
  const reading = await read(operation, progress);
  if (mustUpdate(operation, progress, reading)) return await claimAndLook(operation, progress, reading);
  const decision = await decideFrom(operation, progress, reading);
  const { plan, mapping, access } = decision;
  switch (plan.kind) {
    case 'wait':
      await waitForClaim(operation, { claim: plan.claim, round: progress.waits });
      progress.waits += 1;
      progress.awaitedToken = plan.claim.token;
      return undefined;
    case 'unresolved':
      throw (plan.of === 'create' ? createUnresolved : removalUnresolved)(plan.settlesAt, operation.runtime.now());
    case 'unchanged':
      return mapping && (await leaveUnchanged(operation, progress, { mapping, access }));
    case 'update':
    case 'adopt':
    case 'create':
      return await change(operation, { progress, decision: { ...decision, plan } });
  }
}

/** The configuration needs no change. What callers hear is looked at only when the request asks for it. */
async function leaveUnchanged(
  operation: Operation,
  progress: Progress,
  { mapping: read, access }: { mapping: AssistantMapping; access: Access },
): Promise<SyncResult | undefined> {
  const { traffic: wish, binding } = progress;
  const isBound = binding === undefined || isSameBinding(read.template, binding ?? undefined);
  const mapping = isBound ? read : await rebind(operation, read, binding);
  if (!mapping) {
    await pauseBeforeRestart(operation, progress);
    return undefined;
  }
  const { assistantId } = mapping;
  if (!wish || !assistantId) return { outcome: 'unchanged', wasDeleted: false, mapping, access };
  const account = operation.vapi.open(access.apiKey, operation.deadline);
  const { live, problem } = await lookAtLive(operation, account, { assistantId, wish });
  if (!isSameLive(mapping.live, live)) await annotateMapping(operation, mapping, { live });
  if (problem) throw problem;
  return { outcome: 'unchanged', wasDeleted: false, mapping: { ...mapping, live }, access };
}

/**
 * True when the row alone shows that the assistant must be updated, while tools, number and account stay as they are:
 * only then may the claim be taken before the assistant was looked at.
 */
function mustUpdate(
  { key, runtime }: Operation,
  { desired, restarts, unremoved }: Progress,
  { mapping, access }: Reading,
): boolean {
  if (!mapping?.assistantId || mapping.claim || restarts > 0 || unremoved.length > 0) return false;
  if (desired.tools.length > 0 || mapping.tools.linked.length > 0 || mapping.retiring.length > 0) return false;
  return (
    mapping.scope === access.scope &&
    mapping.specHash !== undefined &&
    mapping.specHash !== desired.specHash &&
    isSamePhoneNumber(mapping, wantedPhoneNumber(key, access)) &&
    !mapping.attempted.some(({ until }) => runtime.now() < Date.parse(until))
  );
}

/**
 * Takes the claim and looks at the assistant at the same time: one round trip less. The look still decides: when it
 * calls for anything but an update, the claim is given back and the operation starts over, looking first.
 */
async function claimAndLook(
  operation: Operation,
  progress: Progress,
  reading: Reading,
): Promise<SyncResult | undefined> {
  const { mapping, access } = reading;
  const request = { mapping, operation: 'update', scope: access.scope, retire: [] } as const;
  const [claimed, looked] = await Promise.allSettled([
    claimAndKeep(operation, { ...request, desired: progress.desired }),
    decideFrom(operation, progress, reading),
  ]);
  if (claimed.status === 'rejected') throw claimed.reason;
  const held = claimed.value;
  if (held && looked.status === 'fulfilled' && looked.value.plan.kind === 'update') {
    const { plan } = looked.value;
    return await change(operation, { progress, decision: { ...looked.value, plan }, held });
  }
  if (held) await giveBack(operation, { held, attempted: mapping?.attempted ?? [] });
  if (looked.status === 'rejected') throw looked.reason;
  await pauseBeforeRestart(operation, progress);
  return undefined;
}

async function change(
  operation: Operation,
  { progress, decision, held }: { progress: Progress; decision: Decision & { plan: ChangePlan }; held?: HeldClaim },
): Promise<SyncResult | undefined> {
  const { plan, mapping } = decision;
  const access = !held && needsFreshAccess(decision) ? await freshAccess(progress, decision) : decision.access;
  if (!access) return undefined;
  const { desired, traffic, binding } = progress;
  const carried = await carryOutPlan(operation, { plan, desired, traffic, binding, mapping, access, held });
  if (carried.kind === 'start-over') {
    progress.unremoved = [...progress.unremoved, ...carried.unremoved];
    progress.goneTools = new Set([...progress.goneTools, ...carried.goneTools]);
    await pauseBeforeRestart(operation, progress);
    return undefined;
  }
  await askForName(operation, access, desired.specHash);
  if (carried.problem) throw carried.problem;
  return { ...outcomeOf(plan), mapping: carried.mapping, access };
}

/**
 * True unless the plan is a plain update of the mapped assistant. Everything else must not rest on a remembered answer,
 * which may be older than the organisation's own key or phone number.
 */
function needsFreshAccess({ plan, mapping }: Decision & { plan: ChangePlan }): boolean {
  if (plan.kind !== 'update' || plan.retire.length > 0 || mapping?.claim !== undefined) return true;
  return mapping !== undefined && !isSamePhoneNumber(mapping, plan.phoneNumber?.id);
}

/** Undefined when the credentials have changed since they were remembered: decide anew. */
async function freshAccess({ credentials }: Progress, { access, record }: Decision): Promise<Access | undefined> {
  const fresh = await credentials.freshAccess(record);
  return isSameAccess(access, fresh) ? fresh : undefined;
}

function outcomeOf(plan: ChangePlan): Pick<SyncResult, 'outcome' | 'wasDeleted'> {
  if (plan.kind === 'update') return { outcome: 'updated', wasDeleted: false };
  if (plan.kind === 'adopt') return { outcome: 'adopted', wasDeleted: false };
  const wasDeleted = plan.cause === 'deleted';
  return { outcome: wasDeleted ? 'recreated' : 'created', wasDeleted };
}
