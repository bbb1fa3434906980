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
  /** Start of the earliest create of this row whose outcome was never known. A look-up goes back to here. */
  since: string;
  expiresAt: string;
  /** Who changes the assistant; absent in claims of before this was kept, and of tools. */
  by?: Actor;
  /** The operation that took it. */
  operationId?: string;
  /** Set when the holder gave up not knowing whether its create had an effect. */
  unresolvedAt?: string;
}

/** True when the claim, or one that it has taken over, may have made an assistant that no mapping names. */
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

/**
 * True for an assistant that was being removed when its claim ended: it is removed to the end, and never brought back.
 */
export function isBeingRemoved(claim: Claim | undefined): boolean {
  return claim?.operation === 'delete';
}

/** For how many seconds it has been unknown what came of a create; undefined while nothing is unknown. */
export function unresolvedForSeconds(claim: Claim | undefined, now: number): number | undefined {
  return !claim || isHeld(claim, now) || !mayHaveCreated(claim) ? undefined : ageSecondsOf(claim, now);
}

/** For how many seconds something has been under way, or unknown. */
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
  /** The most that the holder can still run, in ms. */
  remainingMs: number;
  /** The ended claim that this one takes over. */
  previous: Claim | undefined;
}

/** Makes a claim that outlives its holder: no request of the holder's can still be under way when it expires. */
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
