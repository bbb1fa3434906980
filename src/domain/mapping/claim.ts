import type { Scope } from '../account/scope.ts';
import type { Actor } from '../actor.ts';
import { CLAIM_MARGIN_MS, SETTLE_MS } from '../timing.ts';

export type ClaimOperation = 'create' | 'recreate' | 'update' | 'adopt' | 'delete';

/** The right of one process to change one assistant, for a bounded time. Times are ISO 8601 in UTC. */
export interface Claim {
  token: string;
  operation: ClaimOperation;
  /** The account in which a create may have made an assistant. */
  scope: Scope;
  startedAt: string;
  /** Start of the earliest create of this row whose outcome is still unknown: a look-up goes back to here. */
  since: string;
  expiresAt: string;
  /** Who changes the assistant; absent in claims older than this field, and in claims on tools. */
  by?: Actor;
  /** The operation that took the claim. */
  operationId?: string;
  /** Set when the holder gave up without knowing whether its create, or its delete, had an effect. */
  unresolvedAt?: string;
}

/** True when this claim, or one that it took over, may have made an assistant that no mapping names. */
export function mayBePrecededByCreate(claim: Claim): boolean {
  return mayHaveCreated(claim) || claim.since !== claim.startedAt;
}

/** True while the lease of the holder runs: no other operation may act. */
export function isHeld(claim: Claim, now: number): boolean {
  return claim.unresolvedAt === undefined && now < Date.parse(claim.expiresAt);
}

/** True when the claim may have made an assistant that no mapping names. */
export function mayHaveCreated(claim: Claim): boolean {
  return claim.operation === 'create' || claim.operation === 'recreate';
}

/** True for a claim whose holder was removing the assistant: the removal is completed, never undone. */
export function isBeingRemoved(claim: Claim | undefined): boolean {
  return claim?.operation === 'delete';
}

/** For how many seconds the outcome of a create has been unknown; undefined when none is. */
export function unresolvedForSeconds(claim: Claim | undefined, now: number): number | undefined {
  return !claim || isHeld(claim, now) || !mayHaveCreated(claim) ? undefined : ageSecondsOf(claim, now);
}

/** How many seconds ago the first change that is not completed began. */
export function ageSecondsOf({ since }: Claim, now: number): number {
  return Math.max(0, Math.round((now - Date.parse(since)) / 1000));
}

/** The moment (epoch ms) after which an assistant that is in no list was never made. */
export function settlesAt(claim: Claim): number {
  return Date.parse(claim.unresolvedAt ?? claim.expiresAt) + SETTLE_MS;
}

interface NewClaim {
  token: string;
  operation: ClaimOperation;
  scope: Scope;
  now: number;
  /** The longest that the holder can still run, in ms. */
  remainingMs: number;
  /** The ended claim that this one takes over. */
  previous: Claim | undefined;
}

/** Makes a claim that outlives its holder: when it expires, no request of the holder can still be under way. */
export function newClaim({ token, operation, scope, now, remainingMs, previous }: NewClaim): Claim {
  const startedAt = new Date(now).toISOString();
  return {
    token,
    operation,
    scope,
    startedAt,
    since: previous && mayBePrecededByCreate(previous) ? previous.since : startedAt,
    expiresAt: new Date(now + remainingMs + CLAIM_MARGIN_MS).toISOString(),
  };
}
