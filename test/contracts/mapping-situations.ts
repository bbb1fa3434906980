import { randomUUID } from 'node:crypto';
import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import type { AssistantMapping } from '../../src/domain/mapping/assistant-mapping.ts';
import type { Claim } from '../../src/domain/mapping/claim.ts';
import type { MappingChange, MappingStore, MappingWrite } from '../../src/domain/mapping/stores.ts';
import { type MappingState, TRANSITIONS, type Transition } from '../../src/domain/mapping/transitions.ts';

export const ALL_TRANSITIONS = Object.keys(TRANSITIONS).filter((name): name is Transition => name in TRANSITIONS);
export const ALL_STATES: readonly MappingState[] = ['absent', 'idle', 'claimed', 'unresolved'];

const AT = '2026-03-01T10:00:00.000Z';
const EXPIRES = '2026-03-01T10:00:40.000Z';

/** A key that no other test uses, so that tests share a table without seeing each other's rows. */
export function freshKey(role: AssistantKey['role'] = 'inbound'): AssistantKey {
  return { orgId: `org-${randomUUID()}`, role };
}

export function claimOf(token: string): Claim {
  return { token, operation: 'create', scope: 'platform', startedAt: AT, since: AT, expiresAt: EXPIRES };
}

export function stateOf(row: AssistantMapping | undefined): MappingState {
  if (!row) return 'absent';
  if (!row.claim) return 'idle';
  return row.claim.unresolvedAt === undefined ? 'claimed' : 'unresolved';
}

export async function rowOf(store: MappingStore, { orgId, role }: AssistantKey): Promise<AssistantMapping | undefined> {
  const { mappings } = await store.read(orgId);
  return mappings.find((mapping) => mapping.role === role);
}

/** What the domain writes with a transition; for one that is not known here, what its target state asks for. */
export function changeOf(transition: Transition, token: string): MappingChange {
  if (transition === 'finalise') return { ...finalChange(token), claim: null };
  switch (TRANSITIONS[transition].to) {
    case 'claimed':
      return { claim: claimOf(token), attempted: [{ specHash: `attempt-${token}`, until: EXPIRES }] };
    case 'unresolved':
      return { claim: { ...claimOf(token), unresolvedAt: EXPIRES } };
    case 'idle':
      return { claim: null };
    case 'absent':
      return {};
  }
}

function finalChange(token: string) {
  return {
    assistantId: 'assistant-1',
    assistantCreatedAt: AT,
    scope: 'platform',
    vapiOrgId: 'vapi-org-1',
    specHash: 'hash-1',
    attempted: [],
    finalisedBy: token,
    tools: { status: 'linked', count: 1, wanted: ['d1'], linked: [{ hash: 'd1', toolId: 't1' }] },
    phoneNumber: { id: 'number-1', status: 'pending', previous: [] },
    retiring: [{ assistantId: 'assistant-0', scope: 'org' }],
  } as const;
}

export interface Attempt {
  transition: Transition;
  from: AssistantMapping | undefined;
  token: string;
  change?: MappingChange;
}

/** A write as the domain sends it. */
export function writeOf(key: AssistantKey, { transition, from, token, change }: Attempt): MappingWrite {
  return { key, transition, from, token, change: change ?? changeOf(transition, token), at: AT };
}

/** A write that has to succeed, and the row after it. */
export async function advance(store: MappingStore, key: AssistantKey, attempt: Attempt) {
  const result = await store.write(writeOf(key, attempt));
  if (result.kind !== 'written') throw new Error(`the write was refused: ${JSON.stringify(result)}`);
  return await rowOf(store, key);
}

/** A row in a state, and the token of whoever changed it last. */
export interface Situation {
  key: AssistantKey;
  row: AssistantMapping | undefined;
  token: string;
}

/** Brings a fresh row into a state in the way in which the service does. */
export async function bringTo(state: MappingState, store: MappingStore, key = freshKey()): Promise<Situation> {
  const token = randomUUID();
  if (state === 'absent') return { key, row: undefined, token };
  let row = await advance(store, key, { transition: 'claim', from: undefined, token });
  if (state === 'idle') row = await advance(store, key, { transition: 'finalise', from: row, token });
  if (state === 'unresolved') row = await advance(store, key, { transition: 'leave-unresolved', from: row, token });
  return { key, row, token };
}

/** The token that a transition is written with: a new one to take a row, that of the last holder to end a claim. */
export function writerOf(transition: Transition, { token }: Situation): string {
  return TRANSITIONS[transition].guard === 'own-token' ? token : randomUUID();
}

/** A transition from a state that it is valid in. */
export interface ValidStep {
  transition: Transition;
  state: MappingState;
}

export const VALID_STEPS: readonly ValidStep[] = ALL_TRANSITIONS.flatMap((transition) =>
  TRANSITIONS[transition].from.map((state) => ({ transition, state })),
);
