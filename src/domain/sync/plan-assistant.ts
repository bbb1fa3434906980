import { type AccessSession, openAccessSession } from '../account/access-session.ts';
import type { Access } from '../account/credentials.ts';
import type { OrganisationRecord } from '../account/organisation-record.ts';
import type { TrafficWish } from '../configuration/assistant-request.ts';
import type { DesiredAssistant } from '../configuration/configuration.ts';
import type { AssistantMapping, LinkedTool, Retiree, TemplateBinding } from '../mapping/assistant-mapping.ts';
import { unresolvedForSeconds } from '../mapping/claim.ts';
import { type Expectation, expecting } from '../mapping/expectation.ts';
import { mappingOf, type OrganisationView } from '../mapping/organisation-view.ts';
import type { Operation } from '../operation.ts';
import { wantedPhoneNumber } from '../phone-number/phone-number.ts';
import { Problem } from '../problem.ts';
import { decide, type Plan } from './decide.ts';
import { observe } from './observe.ts';

/** What the assistant should be, and the conditions under which it is changed. */
export interface SyncRequest {
  desired: DesiredAssistant;
  /** What the caller asks for where the traffic is pinned. */
  traffic?: TrafficWish | undefined;
  expected?: Expectation;
  /** The template to bind the assistant to; null: to none; absent: the binding stays as it is. */
  binding?: TemplateBinding | null;
  /** Tools that the caller has just registered or seen at Vapi: they are not looked at again. */
  seenTools?: readonly LinkedTool[];
  /**
   * The rows as the caller has just read them: they are not read again. A claim is taken only if they are still like
   * that.
   */
  view?: OrganisationView;
}

export interface Decision {
  plan: Plan;
  mapping: AssistantMapping | undefined;
  /** The organisation record, read together with the mapping. */
  record: OrganisationRecord | undefined;
  access: Access;
}

/** The plan that `ensureAssistant` would carry out now. Reads only. */
export async function planAssistant(asked: Operation, request: SyncRequest): Promise<Decision> {
  const operation = expecting(asked, request.expected ?? {});
  const progress = startProgress(operation, request);
  for (;;) {
    const decision = await progress.credentials.reauthorising(async () =>
      decideFrom(operation, progress, await read(operation, progress)),
    );
    if (decision) return decision;
  }
}

/** State that is carried from one round of an operation to the next. */
export interface Progress {
  desired: DesiredAssistant;
  traffic: TrafficWish | undefined;
  binding: TemplateBinding | null | undefined;
  credentials: AccessSession;
  /** Token of the claim that was waited for last. */
  awaitedToken: string | undefined;
  waits: number;
  /** Rounds that ended neither with an answer nor with a wait. */
  restarts: number;
  /** Assistants that this operation made and could not remove again. */
  unremoved: readonly Retiree[];
  /** Tools that are known to be gone at Vapi. */
  goneTools: ReadonlySet<string>;
  /** Tools that the caller has just registered, or seen at Vapi. */
  seenTools: readonly LinkedTool[];
  /** The rows as the caller has read them; used by the first round only. */
  view: OrganisationView | undefined;
}

export function startProgress(
  operation: Operation,
  { desired, traffic, binding, seenTools = [], view }: SyncRequest,
): Progress {
  const credentials = openAccessSession(operation);
  const nothingYet = { awaitedToken: undefined, waits: 0, restarts: 0, unremoved: [], goneTools: new Set<string>() };
  return { desired, traffic, binding, credentials, seenTools, view, ...nothingYet };
}

/** The rows of an organisation, and its access to Vapi. */
export interface Reading {
  view: OrganisationView;
  mapping: AssistantMapping | undefined;
  access: Access;
}

/**
 * Reads the rows and resolves the credentials. Throws `UNKNOWN_ORGANISATION`, and `PRECONDITION_FAILED` when an
 * expectation is not met.
 */
export async function read(operation: Operation, progress: Progress): Promise<Reading> {
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

/** Looks at Vapi, and decides. */
export async function decideFrom(
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

/** True when the organisation may be served: with `knownOrganisationsOnly` a mistyped id must not make a new one. */
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
