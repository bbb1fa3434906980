import type { Access } from '../account/credentials.ts';
import type { Resource, VapiAccount } from '../account/vapi-account.ts';
import type { TrafficWish } from '../configuration/assistant-request.ts';
import { type DesiredAssistant, isOurs, metadataOf } from '../configuration/configuration.ts';
import { diffAssistant } from '../configuration/diff.ts';
import { summarise } from '../configuration/summary.ts';
import { leaveAsLive } from '../configuration/untouched.ts';
import { askForPruning } from '../history/prune-history.ts';
import { nameOf } from '../journal.ts';
import type { JsonObject } from '../json.ts';
import type { AssistantMapping, TemplateBinding } from '../mapping/assistant-mapping.ts';
import type { ClaimOperation } from '../mapping/claim.ts';
import { claimAndKeep } from '../mapping/claim-and-keep.ts';
import { giveBack, type HeldClaim } from '../mapping/hold-claim.ts';
import { assertTimeToCreate } from '../mapping/look-up-created.ts';
import type { Operation } from '../operation.ts';
import { Problem } from '../problem.ts';
import { forgetGoneTools } from '../tools/forget-tools.ts';
import { isSameTools, withToolIds } from '../tools/link-tools.ts';
import { CURRENT, type LiveSeen, lookAtLive } from '../traffic/live.ts';
import type { Plan } from './decide.ts';
import { type CarriedOut, finalise, type StartOver } from './finalise.ts';
import { ownAssistant } from './own-assistant.ts';
import { retireAssistants } from './retire-assistants.ts';
import { resolveUnknownCreate } from './unresolved-create.ts';

export type ChangePlan = Extract<Plan, { kind: 'update' | 'adopt' | 'create' }>;

interface Change {
  plan: ChangePlan;
  desired: DesiredAssistant;
  mapping: AssistantMapping | undefined;
  access: Access;
  /** What the caller asks for where the traffic is pinned. */
  traffic: TrafficWish | undefined;
  /** The template to bind the assistant to; null: to none; absent: the binding stays as it is. */
  binding?: TemplateBinding | null | undefined;
}

const NO_TIME = 'Too little time is left to create an assistant and record it. Repeat the request.';

const START_OVER: StartOver = { kind: 'start-over', unremoved: [], goneTools: [] };

/**
 * Carries a plan out under a claim: take the claim and store the configuration, act at Vapi, remove other assistants of
 * ours, record. Each step begins only after the one before it is certain, so that a crash between any two leaves what
 * the next call needs. The claim may be `held` already.
 */
export async function carryOutPlan(
  operation: Operation,
  { held: before, ...change }: Change & { held?: HeldClaim | undefined },
): Promise<CarriedOut> {
  const { plan, access, desired, mapping } = change;
  if (plan.kind === 'create') assertTimeToCreate(operation, NO_TIME);
  const toolIds = plan.tools.linked.map(({ toolId }) => toolId);
  const request = { mapping, operation: claimOperation(plan), scope: access.scope, toolIds, retire: plan.retire };
  const held = before ?? (await claimAndKeep(operation, { ...request, desired }));
  if (!held) return START_OVER;
  const account = operation.vapi.open(access.apiKey, operation.deadline);
  const acted = await act(operation, { ...change, held, account });
  if ('kind' in acted) return acted;
  return await complete(operation, { ...change, held, account, assistant: acted });
}

/** Sends the plan to Vapi. Starts over when the assistant, or a tool that it links, is gone meanwhile. */
async function act(operation: Operation, change: HeldChange): Promise<Resource | StartOver> {
  const { plan, access } = change;
  try {
    if (plan.kind === 'create') return await create(operation, { ...change, plan });
    return await update(operation, { ...change, plan });
  } catch (error) {
    const { linked } = plan.tools;
    if (!(error instanceof Problem && error.code === 'VAPI_REJECTED') || linked.length === 0) throw error;
    const goneTools = await forgetGoneTools(operation, { linked, access });
    if (goneTools.length === 0) throw error;
    return { ...START_OVER, goneTools };
  }
}

async function complete(
  operation: Operation,
  { assistant, ...change }: HeldChange & { assistant: Resource },
): Promise<CarriedOut> {
  const { plan, access, held } = change;
  const [retiring, { live, problem }] = await Promise.all([
    retireAssistants(operation, { retirees: plan.retire, access }),
    liveAfter(operation, { ...change, assistantId: assistant.id }),
  ]);
  recordUnreachable(operation, change);
  const outcome = await finalise(operation, {
    held,
    assistant,
    access,
    applied: change.desired,
    binding: change.binding,
    retiring: [...retiring, ...plan.unreachable],
    dependents: plan,
    summary: summarise(change.desired.payload),
    live,
    hasChanged: hasChanged(change),
    made: plan.kind === 'create',
  });
  if (outcome.kind === 'done') await askForPruning(operation, outcome.mapping);
  return outcome.kind === 'done' ? { ...outcome, problem } : outcome;
}

/**
 * True when the assistant changes: also when a crashed holder has already sent the PATCH, as the row then still names
 * another configuration.
 */
function hasChanged({ plan, desired, mapping }: Change): boolean {
  if (plan.kind !== 'update' || plan.patch.body) return true;
  return desired.specHash !== mapping?.specHash || !isSameTools(mapping.tools, plan.tools);
}

/**
 * What callers hear after the change: of a new assistant what was created. Not looked at when nothing was changed and
 * nothing was asked for.
 */
async function liveAfter(
  operation: Operation,
  { assistantId, ...change }: HeldChange & { assistantId: string },
): Promise<Partial<LiveSeen>> {
  const { plan, account, traffic } = change;
  if (plan.kind === 'create') return { live: CURRENT };
  if (!hasChanged(change) && !traffic) return {};
  return await lookAtLive(operation, account, { assistantId, wish: traffic });
}

/** Recorded when an assistant gets out of reach, and not again: after that the row names it. */
function recordUnreachable({ journal }: Operation, { plan, mapping }: Change): void {
  const known = (mapping?.retiring ?? []).map(({ assistantId }) => assistantId);
  for (const { assistantId } of plan.unreachable.filter((retiree) => !known.includes(retiree.assistantId))) {
    journal.record({ code: 'OLD_ASSISTANT_UNREACHABLE', assistantId });
  }
}

function claimOperation(plan: ChangePlan): ClaimOperation {
  if (plan.kind !== 'create') return plan.kind;
  return plan.cause === 'deleted' ? 'recreate' : 'create';
}

interface HeldChange extends Change {
  held: HeldClaim;
  account: VapiAccount;
}

/**
 * Sends one POST, never a second. Once it is sent, the claim is given back only if it is certain that nothing was made.
 */
async function create(operation: Operation, change: CreateChange): Promise<Resource> {
  const { held, account, plan } = change;
  const payload = withToken(plan.payload, held.claim.token);
  const reply = await givingBack(operation, { change, act: () => account.assistants.create(payload) });
  if (reply.kind === 'unknown') {
    operation.journal.record({ code: 'CREATE_OUTCOME_UNKNOWN', cause: nameOf(reply.cause) });
  }
  const assistant =
    reply.kind === 'created' ? reply.resource : await resolveUnknownCreate(operation, { account, held });
  operation.journal.record({ code: 'ASSISTANT_CREATED', assistantId: assistant.id });
  return assistant;
}

/** Top-level nulls say "clear this field": on a new assistant there is nothing to clear. */
function withToken(payload: JsonObject, claimToken: string): JsonObject {
  const given = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== null));
  return { ...given, metadata: { ...metadataOf(given), claimToken } };
}

interface CreateChange extends HeldChange {
  plan: Extract<ChangePlan, { kind: 'create' }>;
}

interface UpdateChange extends HeldChange {
  plan: Exclude<ChangePlan, { kind: 'create' }>;
}

/** Sends the PATCH, if the plan has one. Starts over when the assistant is gone meanwhile. */
async function update(operation: Operation, change: UpdateChange): Promise<Resource | StartOver> {
  const { assistant, patch, kind } = change.plan;
  const assistantId = assistant.id;
  const { body } = patch;
  const reply = await givingBack(operation, {
    change,
    act: async () => {
      // An assistant that carries our metadata can be in no other mapping.
      if (kind === 'adopt' && !isOurs(assistant.config, operation.key, operation.deployment)) {
        await ownAssistant(operation, { assistant, scope: change.access.scope, token: change.held.claim.token });
      }
      return body
        ? await change.account.assistants.update(assistantId, body)
        : { kind: 'updated' as const, resource: assistant };
    },
  });
  if (reply.kind === 'missing') {
    await giveBack(operation, { held: change.held });
    return START_OVER;
  }
  if (kind === 'adopt') operation.journal.record({ code: 'ASSISTANT_ADOPTED', assistantId });
  if (body) recordUpdate(operation, { assistant: reply.resource, body, wanted: wantedIn(reply.resource, change) });
  return reply.resource;
}

/** The configuration asked for, with the ids of its tools and without the fields that are left to others. */
function wantedIn({ config: live }: Resource, { desired, plan }: UpdateChange): JsonObject {
  const ours = plan.tools.linked.map(({ toolId }) => toolId);
  return withToolIds(leaveAsLive(desired.payload, live, desired.untouched ?? []), { ours, former: [], live });
}

interface Update {
  assistant: Resource;
  body: JsonObject;
  wanted: JsonObject;
}

function recordUpdate({ journal }: Operation, { assistant, body, wanted }: Update): void {
  const assistantId = assistant.id;
  journal.record({ code: 'ASSISTANT_UPDATED', assistantId, fields: Object.keys(body) });
  const left = diffAssistant({ wanted, live: assistant.config, lastApplied: [], alreadyApplied: true });
  const fields = left.map(({ path }) => path);
  if (fields.length > 0) journal.record({ code: 'ASSISTANT_NOT_CONVERGED', assistantId, fields });
}

/** Gives the claim back when the request fails and it is certain that nothing was made. */
async function givingBack<T>(
  operation: Operation,
  { change, act }: { change: HeldChange; act: () => Promise<T> },
): Promise<T> {
  const { held, mapping, plan } = change;
  try {
    return await act();
  } catch (error) {
    const isExpected = error instanceof Problem;
    // After an unexpected error it is unknown whether the POST was sent: the claim stays, and its outcome is looked up
    // when it has expired.
    if (plan.kind === 'create' && !isExpected) throw error;
    const withoutEffect = isExpected && error.withoutEffect;
    await giveBack(operation, { held, ...(withoutEffect ? { attempted: mapping?.attempted ?? [] } : {}) });
    throw error;
  }
}
