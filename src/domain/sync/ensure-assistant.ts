import { type AccessSession, openAccessSession } from '../account/access-session.ts';
import { type Access, isSameAccess } from '../account/credentials.ts';
import type { OrganisationRecord } from '../account/organisation-record.ts';
import type { TrafficWish } from '../configuration/assistant-request.ts';
import type { DesiredAssistant } from '../configuration/configuration.ts';
import { annotateMapping } from '../mapping/annotate-mapping.ts';
import {
  type AssistantMapping,
  type LinkedTool,
  mappingOf,
  type OrganisationView,
  type Retiree,
  type TemplateBinding,
} from '../mapping/assistant-mapping.ts';
import { isSameBinding, rebind } from '../mapping/binding.ts';
import { unresolvedForSeconds } from '../mapping/claim.ts';
import { claimAndKeep } from '../mapping/claim-and-keep.ts';
import { type Expectation, expecting } from '../mapping/expectation.ts';
import { giveBack, type HeldClaim } from '../mapping/hold-claim.ts';
import { assertTimeLeft, pauseBeforeRestart, waitForClaim } from '../mapping/wait-for-claim.ts';
import type { Operation } from '../operation.ts';
import { isSamePhoneNumber, wantedPhoneNumber } from '../phone-number/phone-number.ts';
import { Problem } from '../problem.ts';
import { isSameLive, lookAtLive } from '../traffic/live.ts';
import { askForName } from '../traffic/name-version.ts';
import { type ChangePlan, carryOutPlan } from './carry-out.ts';
import { decide, type Plan } from './decide.ts';
import { observe } from './observe.ts';
import { createUnresolved, removalUnresolved } from './unresolved-create.ts';

type SyncOutcome = 'created' | 'recreated' | 'adopted' | 'updated' | 'unchanged';

export interface SyncResult {
  outcome: SyncOutcome;
  /** True when the assistant that was mapped had been deleted at Vapi. */
  wasDeleted: boolean;
  mapping: AssistantMapping;
  access: Access;
}

export interface Decision {
  plan: Plan;
  mapping: AssistantMapping | undefined;
  /** The organisation record that was read with the mapping. */
  record: OrganisationRecord | undefined;
  access: Access;
}

/** What is carried from one round of an operation to the next. */
interface Progress {
  desired: DesiredAssistant;
  traffic: TrafficWish | undefined;
  binding: TemplateBinding | null | undefined;
  credentials: AccessSession;
  /** Token of the claim that was waited for last. */
  awaitedToken: string | undefined;
  waits: number;
  /** Rounds that ended without an answer and without a wait. */
  restarts: number;
  /** What this operation made and could not remove again. */
  unremoved: readonly Retiree[];
  /** Tools that Vapi was seen not to have. */
  goneTools: ReadonlySet<string>;
  /** Tools that the caller has just registered, or seen at Vapi. */
  seenTools: readonly LinkedTool[];
  /** What the caller has read; only the first round has it. */
  view: OrganisationView | undefined;
}

function startProgress(
  operation: Operation,
  { desired, traffic, binding, seenTools = [], view }: SyncRequest,
): Progress {
  const credentials = openAccessSession(operation);
  const nothingYet = { awaitedToken: undefined, waits: 0, restarts: 0, unremoved: [], goneTools: new Set<string>() };
  return { desired, traffic, binding, credentials, seenTools, view, ...nothingYet };
}

/** What the assistant is to be, and what it must be now for that to happen. */
export interface SyncRequest {
  desired: DesiredAssistant;
  /** What callers are to hear, where that was pinned by hand. */
  traffic?: TrafficWish | undefined;
  expected?: Expectation;
  /** The template that it is from now on bound to; null: to none; absent: that stays as it is. */
  binding?: TemplateBinding | null;
  /** Tools that were registered for it, or seen at Vapi, just now: they are not looked at once more. */
  seenTools?: readonly LinkedTool[];
  /**
   * The rows as the caller has just read them: they are not read once more. A claim is taken on condition that they still
   * are so.
   */
  view?: OrganisationView;
}

/**
 * Makes the one assistant of `operation.key` equal to `desired`: observe, decide, act, and again from the start
 * whenever somebody else was faster. Throws `Problem`s; whatever is thrown, no second assistant was made. With an
 * expectation that is not met, nothing is done: `PRECONDITION_FAILED`.
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

/** The plan that `ensureAssistant` would carry out now. Reads only. */
export async function planAssistant(asked: Operation, request: SyncRequest): Promise<Decision> {
  const operation = expecting(asked, request.expected ?? {});
  const progress = startProgress(operation, request);
  for (;;) {
    const decision = await progress.credentials.reauthorising(() => makeDecision(operation, progress));
    if (decision) return decision;
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

/** The configuration is as it is to be. What callers hear is looked at only when something was asked for about it. */
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
 * True when the row alone says that its assistant has to be updated, with tools, number and account as they are: only
 * then may the claim be taken before the assistant was looked at.
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
 * Takes the claim while it looks at the assistant, which is one round trip less. What is seen decides all the same: when
 * it does not call for an update, the claim is given back, and the operation starts over without haste.
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
 * A plain update of the mapped assistant stays in its account; everything else may not rest on a remembered answer,
 * which may be of before the organisation got its key, or its phone number.
 */
function needsFreshAccess({ plan, mapping }: Decision & { plan: ChangePlan }): boolean {
  if (plan.kind !== 'update' || plan.retire.length > 0 || mapping?.claim !== undefined) return true;
  return mapping !== undefined && !isSamePhoneNumber(mapping, plan.phoneNumber?.id);
}

/** Undefined when what is read anew differs from what was remembered: decide anew. */
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

async function makeDecision(operation: Operation, progress: Progress): Promise<Decision> {
  return await decideFrom(operation, progress, await read(operation, progress));
}

/** The rows of the organisation, and how it reaches Vapi. */
interface Reading {
  view: OrganisationView;
  mapping: AssistantMapping | undefined;
  access: Access;
}

async function read(operation: Operation, progress: Progress): Promise<Reading> {
  const { key } = operation;
  const reading = progress.view ? Promise.resolve(progress.view) : operation.mappings.read(key.orgId);
  progress.view = undefined;
  const [view, remembered] = await Promise.all([
    reading,
    progress.credentials.access(async () => (await reading).record),
  ]);
  const mapping = mappingOf(view, key);
  operation.precondition?.assertHolds(mapping, operation.runtime.now());
  const access = isKnown(operation, view, remembered)
    ? remembered
    : await progress.credentials.freshAccess(view.record);
  if (!isKnown(operation, view, access)) throw unknownOrganisation();
  return { view, mapping, access };
}

async function decideFrom(
  operation: Operation,
  progress: Progress,
  { view, mapping, access }: Reading,
): Promise<Decision> {
  const { key, journal } = operation;
  const { desired, awaitedToken, unremoved, goneTools, seenTools } = progress;
  const ageSeconds = unresolvedForSeconds(mapping?.claim, operation.runtime.now());
  if (ageSeconds !== undefined) journal.record({ code: 'UNRESOLVED_CREATE_SEEN', ageSeconds });
  const ofOtherRoles = [...view.mappings, ...view.unreadable].flatMap(({ role, assistantId }) =>
    assistantId && role !== key.role ? [assistantId] : [],
  );
  const observation = await observe(operation, {
    desired,
    mapping,
    access,
    awaitedToken,
    goneTools,
    seenTools,
    ofOtherRoles,
  });
  const here = { scope: access.scope, phoneNumberId: wantedPhoneNumber(key, access) };
  const plan = decide({ desired, mapping, observation, ...here, unremoved, goneTools, now: operation.runtime.now() });
  if (plan.kind !== 'wait') {
    const changes = 'patch' in plan ? plan.patch.changes.length : 0;
    journal.record({ code: 'PLAN_MADE', plan: plan.kind, changes, revision: mapping?.revision ?? 0 });
  }
  return { plan, mapping, record: view.record, access };
}

/**
 * A mistyped id is not to become an organisation, where that is asked for. An organisation with an assistant is known.
 */
function isKnown(
  { knownOrganisationsOnly }: Operation,
  { record, mappings }: OrganisationView,
  { scope }: Access,
): boolean {
  return !knownOrganisationsOnly || scope === 'org' || record !== undefined || mappings.length > 0;
}

function unknownOrganisation(): Problem {
  const detail =
    'The organisation has no secret, no record and no assistant; ids are compared to the letter, capitals included. PUT /orgs/{orgId} makes it known.';
  return new Problem('UNKNOWN_ORGANISATION', detail);
}
