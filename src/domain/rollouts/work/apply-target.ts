import type { VapiAccounts } from '../../account/vapi-account.ts';
import { type DesiredAssistant, desireAssistant } from '../../configuration/configuration.ts';
import type { AssistantMapping, TemplateBinding } from '../../mapping/assistant-mapping.ts';
import { isAsPlanned, type PlannedRow } from '../../mapping/expectation.ts';
import { mappingOf, type OrganisationView } from '../../mapping/organisation-view.ts';
import type { Operation } from '../../operation.ts';
import { Problem, type ProblemCode } from '../../problem.ts';
import { isoNow } from '../../runtime.ts';
import { desireStored } from '../../sync/desire-stored.ts';
import { syncAssistant } from '../../sync/sync-assistant.ts';
import { bindTemplate } from '../../templates/bind.ts';
import type { RolloutCall } from '../dependencies.ts';
import { type Rollout, type Target, withoutCause } from '../rollout.ts';

/** After failing for this long, in ms, a target has failed even if the failures are temporary. */
const PATIENCE_MS = 30 * 60_000;

/** The longest detail that is kept of a failure. */
const MAX_DETAIL = 500;

/** The target after the attempt, and when to try again at the earliest. */
export interface Applied {
  target: Target;
  afterSeconds?: number | undefined;
}

/** Applies the version to one target, as any PUT would, if its row is still as planned. Never throws a `Problem`. */
export async function applyTarget(call: RolloutCall, rollout: Rollout, target: Target): Promise<Applied> {
  return await onTarget(call, { rollout, target, step: 'apply' }, async ({ operation, view, binding: bound }) => {
    const { variables, overrides } = bound;
    const request = { id: rollout.template, version: rollout.version, variables, overrides };
    const rules = { inlineCredentials: call.inlineCredentials, allowEmpty: true };
    const { asked, binding } = await bindTemplate(operation, call.bound, { request, rules });
    const desired = desireAssistant(asked, operation.key, operation.deployment);
    const { mapping: now, outcome } = await apply(operation, { target, view, desired, binding });
    const isSame = outcome === 'unchanged' && now.specHash === target.specHash;
    const state = isSame ? 'unchanged' : 'applied';
    return { ...target, state, reached: true, assistantId: now.assistantId ?? null };
  });
}

/**
 * Restores one target to what it was when the rollout was planned, unless somebody has changed it since. Never throws a
 * `Problem`.
 */
export async function takeTargetBack(call: RolloutCall, rollout: Rollout, target: Target): Promise<Applied> {
  return await onTarget(call, { rollout, target, step: 'back' }, async ({ operation, view, binding }) => {
    if (target.specHash === null) return changedSince(target);
    const former = await call.specs.load(operation.key, target.specHash);
    if (!former) throw new Problem('NOT_FOUND', 'The configuration of before is no longer stored: PUT it anew.');
    const { mapping: now } = await apply(operation, {
      target,
      view,
      desired: desireStored(operation, { ...former, specHash: target.specHash }),
      binding: { ...binding, version: target.from, operationId: operation.id },
    });
    return { ...target, state: 'rolled-back', assistantId: now.assistantId ?? null };
  });
}

/** What a rollout does to one target. */
interface TargetStep {
  rollout: Rollout;
  target: Target;
  step: 'apply' | 'back';
}

/** A target whose row is as planned, as it was just read. */
interface PlannedTarget {
  operation: Operation;
  view: OrganisationView;
  binding: TemplateBinding;
}

/** Acts on one target if its row is still as planned; otherwise it is skipped. Never throws a `Problem`. */
async function onTarget(
  call: RolloutCall,
  step: TargetStep,
  act: (found: PlannedTarget) => Promise<Target>,
): Promise<Applied> {
  const { target } = step;
  const sent: Sent = { mayHaveLanded: false };
  const operation = operationOf(call, step, sent);
  try {
    const view = await operation.mappings.read(operation.key.orgId);
    const mapping = mappingOf(view, operation.key);
    if (!mapping) return { target: { ...target, state: 'skipped', ...NOT_MAPPED } };
    const { template: binding } = mapping;
    if (!binding || !isStillPlanned(operation, target, mapping)) return { target: changedSince(target) };
    const done = await act({ operation, view, binding });
    return { target: done.state === 'skipped' ? done : withoutCause(done) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return afterFailure(call, step, { error, sent });
  }
}

const NOT_MAPPED = { code: 'NOT_FOUND', detail: 'The assistant was removed since the rollout was planned.' };

function changedSince(target: Target): Target {
  return {
    ...target,
    state: 'skipped',
    code: 'CHANGED_SINCE',
    detail: 'Somebody has changed it since; it is left as it is.',
  };
}

interface Application {
  target: Target;
  view: OrganisationView;
  desired: DesiredAssistant;
  binding: TemplateBinding;
}

async function apply(operation: Operation, { target, ...request }: Application) {
  const expected = { planned: plannedRow(target, operation.id) };
  return await syncAssistant(operation, { ...request, expected });
}

/** True for a row that nobody else has changed since the plan. */
function isStillPlanned({ id, runtime }: Operation, target: Target, mapping: AssistantMapping): boolean {
  return isAsPlanned(mapping, { planned: plannedRow(target, id), now: runtime.now() });
}

/**
 * The row as planned. Both steps of the rollout on this target count as its own: the rollback may have to go on from
 * what the other has left.
 */
function plannedRow({ specHash, boundBy }: Target, operationId: string): PlannedRow {
  const target = operationId.slice(0, operationId.lastIndexOf(':'));
  return { specHash: specHash ?? undefined, boundBy, own: [`${target}:apply`, `${target}:back`] };
}

function operationOf(
  call: RolloutCall,
  { rollout: { rolloutId }, target: { orgId, role }, step }: TargetStep,
  sent: Sent,
): Operation {
  const id = `${rolloutId}:${orgId}:${role}:${step}`;
  return { ...call, vapi: paced(call, sent), id, key: { orgId, role }, by: { kind: 'rollout', id: rolloutId } };
}

/** Whether something that was sent may have had its effect, whatever failed after it. */
interface Sent {
  mayHaveLanded: boolean;
}

function paced({ vapi, pacer, callsPerSecond }: RolloutCall, sent: Sent): VapiAccounts {
  const open: VapiAccounts['open'] = (apiKey, deadline) => {
    const account = pacer.paced(vapi.open(apiKey, deadline), callsPerSecond);
    const { assistants } = account;
    const create: typeof assistants.create = (payload) => noting(sent, () => assistants.create(payload));
    const update: typeof assistants.update = (id, patch) => noting(sent, () => assistants.update(id, patch));
    return { ...account, assistants: { ...assistants, create, update } };
  };
  return { open };
}

async function noting<Reply>(sent: Sent, send: () => Promise<Reply>): Promise<Reply> {
  try {
    const reply = await send();
    sent.mayHaveLanded = true;
    return reply;
  } catch (error) {
    sent.mayHaveLanded ||= !(error instanceof Problem && error.withoutEffect);
    throw error;
  }
}

/**
 * Turns a failure into the state of the target: after a temporary failure it is tried again, after any other, or after
 * failing too long, it has failed.
 */
function afterFailure(
  { runtime }: RolloutCall,
  { rollout, target }: TargetStep,
  { error, sent }: { error: Problem; sent: Sent },
): Applied {
  if (error.code === 'PRECONDITION_FAILED') return { target: changedSince(target) };
  const since = sinceOf(rollout, target) ?? isoNow(runtime);
  const cause = { code: error.code, detail: error.message.slice(0, MAX_DETAIL) };
  const reached = mayBeChanged(target) || sent.mayHaveLanded || !WITHOUT_EFFECT.includes(error.code);
  const isOver = runtime.now() - Date.parse(since) >= PATIENCE_MS;
  if (!error.retryable || isOver) return { target: { ...target, ...cause, reached, state: 'failed' } };
  return { target: { ...target, state: 'outdated', since, reached }, afterSeconds: error.retryAfterSeconds };
}

/** The time in which the rollout stood still, or went the other way, does not count. */
function sinceOf({ turnedAt = '' }: Rollout, { since = '' }: Target): string | undefined {
  return since > turnedAt ? since : undefined;
}

/** Failures that change nothing at Vapi themselves. */
const WITHOUT_EFFECT: readonly ProblemCode[] = [
  'VALIDATION_FAILED',
  'VARIABLES_MISSING',
  'TEMPLATE_UNKNOWN',
  'REFERENCE_UNRESOLVED',
  'VAPI_REJECTED',
  'VAPI_UNAUTHORIZED',
  'CREDENTIALS_MISSING',
  'CREDENTIALS_INVALID',
];

/** True for a target that a rollback has to restore, or at least look at: a worker that died may have begun it. */
export function mayBeChanged({ state, reached = false }: Target): boolean {
  return state === 'applying' || (reached && state !== 'skipped' && state !== 'rolled-back');
}
