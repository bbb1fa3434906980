import type { VersionShare } from '../account/vapi-account.ts';
import type { Actor } from '../actor.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import type { SpecSummary } from '../configuration/summary.ts';
import type { AssistantMapping, DriftState, LiveState } from './assistant-mapping.ts';
import { ageSecondsOf, isBeingRemoved, isHeld, mayHaveCreated, settlesAt } from './claim.ts';
import type { OrganisationView } from './organisation-view.ts';

/** `imported`: mapped as it was found at Vapi; no configuration has been applied yet. */
export const ASSISTANT_STATES = ['imported', 'synced', 'changing', 'unresolved', 'interrupted'] as const;
type AssistantState = (typeof ASSISTANT_STATES)[number];

/** What is known of one assistant without asking Vapi. Times are ISO 8601. */
export interface AssistantStatus extends AssistantKey {
  state: AssistantState;
  assistantId: string | null;
  specHash: string | null;
  revision: number;
  /** Summary of the configuration that was applied last; null when that is not known. */
  summary: SpecSummary | null;
  /** The template that the assistant is bound to; null for one that has a configuration of its own. */
  template: { id: string; version: number } | null;
  scope: string | null;
  vapiOrgId: string | null;
  /** `toolIds`: tools of ours that are linked. `refused`: why Vapi does not take a definition. */
  tools: { status: string; count: number; toolIds: readonly string[]; refused?: string };
  /** The number whose calls the assistant answers. */
  phoneNumber?: { id: string; status: string };
  /** What callers hear: the newest version, versions that were pinned by hand, or unknown. */
  live: LiveState['state'];
  /** The pinned versions and their shares. */
  pinned?: { versions: readonly VersionShare[] };
  /** What the last drift run found wrong, and since when; null when it found nothing. */
  drift: DriftState | null;
  /** Set while there is a claim: what is under way, since when, and what happens next. */
  claim?: { operation: string; startedAt: string; ageSeconds: number; next: string };
  /** Assistants of ours that are still to be removed at Vapi. */
  retiring?: readonly string[];
  /** Who made the last change, and when; null when that is not known. */
  changedBy: Actor | null;
  changedAt: string | null;
  createdAt: string;
  updatedAt: string;
}

/** The mappings of an organisation that can be read, inbound before outbound, at a moment (epoch ms). */
export function describeAssistants({ mappings }: OrganisationView, now: number): AssistantStatus[] {
  return mappings.map((mapping) => describeMapping(mapping, now));
}

/** One mapping at a moment (epoch ms). */
export function describeMapping(mapping: AssistantMapping, now: number): AssistantStatus {
  const retiring = mapping.retiring.map(({ assistantId }) => assistantId);
  return {
    orgId: mapping.orgId,
    role: mapping.role,
    state: stateOf(mapping, now),
    assistantId: mapping.assistantId ?? null,
    specHash: mapping.specHash ?? null,
    revision: mapping.revision,
    summary: mapping.summary ?? null,
    template: mapping.template ? { id: mapping.template.id, version: mapping.template.version } : null,
    scope: mapping.scope ?? null,
    vapiOrgId: mapping.vapiOrgId ?? null,
    ...dependentsOf(mapping),
    ...liveOf(mapping),
    drift: mapping.drift ?? null,
    ...claimOf(mapping, now),
    ...(retiring.length > 0 ? { retiring } : {}),
    changedBy: mapping.changedBy ?? null,
    changedAt: mapping.changedAt ?? null,
    createdAt: mapping.createdAt,
    updatedAt: mapping.updatedAt,
  };
}

/** What callers hear, as it was seen last. */
export function liveOf({ live }: AssistantMapping): Pick<AssistantStatus, 'live' | 'pinned'> {
  return { live: live?.state ?? 'unknown', pinned: live?.versions && { versions: live.versions } };
}

function dependentsOf({ tools, phoneNumber }: AssistantMapping): Pick<AssistantStatus, 'tools' | 'phoneNumber'> {
  const { status, count, linked, refused } = tools;
  const toolIds = linked.map(({ toolId }) => toolId);
  return {
    tools: { status, count, toolIds, refused },
    phoneNumber: phoneNumber && { id: phoneNumber.id, status: phoneNumber.status },
  };
}

/** Which state a mapping is in at a moment (epoch ms). */
export function stateOf({ claim, assistantId, specHash }: AssistantMapping, now: number): AssistantState {
  if (!claim) return assistantId && !specHash ? 'imported' : 'synced';
  if (isHeld(claim, now)) return 'changing';
  return mayHaveCreated(claim) ? 'unresolved' : 'interrupted';
}

function claimOf(mapping: AssistantMapping, now: number): Pick<AssistantStatus, 'claim'> {
  const { claim } = mapping;
  if (!claim) return {};
  const ageSeconds = ageSecondsOf(claim, now);
  return { claim: { operation: claim.operation, startedAt: claim.since, ageSeconds, next: nextStep(mapping, now) } };
}

function nextStep(mapping: AssistantMapping, now: number): string {
  const { claim } = mapping;
  if (!claim) return '';
  if (isHeld(claim, now)) return `A call is changing the assistant; it is over by ${claim.expiresAt}.`;
  if (isBeingRemoved(claim))
    return 'A DELETE was interrupted. The next DELETE, or a healing drift run, completes it; a PUT makes the assistant anew.';
  if (!mayHaveCreated(claim)) return 'A call was interrupted. The next PUT or DELETE looks at Vapi and completes it.';
  const settled = settlesAt(claim);
  const adopt = 'The next PUT looks for the assistant at Vapi and adopts it';
  if (now < settled) return `${adopt}; a new one is made only from ${new Date(settled).toISOString()} on.`;
  return `${adopt}; if there is none, it makes a new one.`;
}
