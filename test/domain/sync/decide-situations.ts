import type { Resource } from '../../../src/domain/account/vapi-account.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { type AssistantMapping, NO_TOOLS, type Retiree } from '../../../src/domain/mapping/assistant-mapping.ts';
import type { Claim } from '../../../src/domain/mapping/claim.ts';
import type { DecideInput, Observation, Plan, Stray } from '../../../src/domain/sync/decide.ts';
import { SETTLE_MS } from '../../../src/domain/timing.ts';

/** What the decisions of the tests are made from: 12:00, a configuration of two fields, a platform account. */
export const NOW = Date.parse('2026-08-01T12:00:00.000Z');
export const PAYLOAD: JsonObject = { name: 'Front desk', metadata: { managedBy: 'vapi-sync' } };
export const HASH = 'hash-wanted';
export const OLD_HASH = 'hash-before';

export const iso = (offsetMs: number): string => new Date(NOW + offsetMs).toISOString();

export function assistant(id: string, config: JsonObject = PAYLOAD, createdAt = iso(-60_000)): Resource {
  return { id, vapiOrgId: 'v-1', createdAt, config };
}

/** Left by a create: its metadata carries the token of the claim. */
export function stray(id: string, claimToken: string, more: Partial<Resource> = {}): Stray {
  const config = { ...PAYLOAD, metadata: { managedBy: 'vapi-sync', claimToken } };
  return { assistant: { ...assistant(id, config), ...more }, scope: 'platform' };
}

/** Ended long ago and settled, unless told otherwise. */
export function claim(more: Partial<Claim> = {}): Claim {
  return {
    token: 't1',
    operation: 'create',
    scope: 'platform',
    startedAt: iso(-600_000),
    since: iso(-600_000),
    expiresAt: iso(-SETTLE_MS - 1),
    ...more,
  };
}

/** Idle, applied, of the platform, unless told otherwise. */
export function mapping(more: Partial<AssistantMapping> = {}): AssistantMapping {
  return {
    orgId: 'acme',
    role: 'inbound',
    revision: 3,
    assistantId: 'a1',
    assistantCreatedAt: iso(-60_000),
    scope: 'platform',
    vapiOrgId: 'v-1',
    specHash: HASH,
    attempted: [],
    finalisedBy: 't0',
    tools: NO_TOOLS,
    formerNumbers: [],
    retiring: [],
    createdAt: iso(-60_000),
    updatedAt: iso(-60_000),
    ...more,
  };
}

/** The row as a first create leaves it before it is finalised. */
export function unfinished(left: Claim): AssistantMapping {
  const { orgId, role, revision, tools, createdAt, updatedAt } = mapping();
  return {
    orgId,
    role,
    revision,
    attempted: [],
    tools,
    formerNumbers: [],
    retiring: [],
    createdAt,
    updatedAt,
    claim: left,
  };
}

type Mapped = NonNullable<Observation['mapped']>;

export const LIVE: Mapped = { kind: 'live', assistant: assistant('a1') };
export const GONE: Mapped = { kind: 'missing' };

export interface Situation extends Partial<Observation> {
  mapping?: AssistantMapping;
  scope?: DecideInput['scope'];
  now?: number;
}

export function inputOf({ mapping: row, scope = 'platform', now = NOW, ...seen }: Situation): DecideInput {
  const tools = { kind: 'unknown' } as const;
  const observation = { strays: [], lastApplied: [], tools, appliedMeanwhile: false, ...seen };
  return {
    desired: { payload: PAYLOAD, tools: [], specHash: HASH },
    mapping: row,
    observation,
    scope,
    unremoved: [],
    now,
  };
}

/** The parts of a plan that a table can name: what is done, to which assistant, and which ones go. */
export function outline(plan: Plan): string {
  switch (plan.kind) {
    case 'wait':
      return `wait for ${plan.claim.token}`;
    case 'unresolved':
      return `unresolved until ${new Date(plan.settlesAt).toISOString()}`;
    case 'unchanged':
      return `unchanged ${plan.assistantId}`;
    case 'create':
      return ['create', plan.cause, ...retired(plan)].join(' ');
    case 'update':
    case 'adopt':
      return [plan.kind, plan.assistant.id, ...retired(plan)].join(' ');
  }
}

/** With a minus what is removed, with a tilde what is written down until its account can be reached again. */
function retired({ retire, unreachable }: Extract<Plan, { kind: 'update' | 'adopt' | 'create' }>): string[] {
  const named = (sign: string) => (retiree: Retiree) => `${sign}${retiree.assistantId}@${retiree.scope}`;
  return [...retire.map(named('-')), ...unreachable.map(named('~'))].toSorted();
}
