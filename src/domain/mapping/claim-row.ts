import { isoNow, type Runtime } from '../runtime.ts';
import type { Claim } from './claim.ts';
import type { Transition } from './transitions.ts';

/** The part of any row that its claim needs. */
interface ClaimedRow {
  claim?: Claim;
}

/** What a transition writes besides the claim. */
type ClaimChange<Change> = Change & { claim?: Claim | null };

export interface RowWrite<Row, Change> {
  transition: Transition;
  /** The row as read; the condition of the write is made from it. */
  from: Row | undefined;
  /** Token of the writer's claim. */
  token: string;
  change: ClaimChange<Change>;
  /** ISO 8601. */
  at: string;
}

/** One row of any kind; a write returns the row as it is afterwards. Losing a race is an answer, not an error. */
export interface ClaimableRow<Row extends ClaimedRow, Change> {
  write(write: RowWrite<Row, Change>): Promise<{ kind: 'written'; row: Row | undefined } | { kind: 'conflict' }>;
}

/** A claim that this process holds, and the row as it was written with it. */
export interface Held<Row> {
  claim: Claim;
  /** The ended claim that was taken over. */
  previous: Claim | undefined;
  row: Row;
}

/**
 * Takes the claim on a row, if the row is still as it was read. Returns undefined when another operation was faster.
 */
export async function claimRow<Row extends ClaimedRow, Change>(
  rows: ClaimableRow<Row, Change>,
  { from, claim, change }: { from: Row | undefined; claim: Claim; change: ClaimChange<Change> },
): Promise<Held<Row> | undefined> {
  const previous = from?.claim;
  const transition = previous ? 'take-over' : 'claim';
  const write = { transition, from, token: claim.token, change: { ...change, claim }, at: claim.startedAt } as const;
  const result = await rows.write(write);
  return result.kind === 'written' && result.row ? { claim, previous, row: result.row } : undefined;
}

/** How a claim ends. */
interface ClaimEnd<Change> {
  transition: Transition;
  change: ClaimChange<Change>;
}

/** Ends the claim with one write, if the claim is still ours. */
export async function endRowClaim<Row extends ClaimedRow, Change>(
  rows: ClaimableRow<Row, Change>,
  held: Held<Row>,
  { transition, change, runtime }: ClaimEnd<Change> & { runtime: Runtime },
): Promise<{ kind: 'written'; row: Row | undefined } | { kind: 'conflict' }> {
  return await rows.write({ transition, from: held.row, token: held.claim.token, change, at: isoNow(runtime) });
}

/**
 * How a row is given back after a failure that made nothing at Vapi. A claim that was taken over from an unknown
 * outcome becomes unresolved again: what it left at Vapi is still to be found, by its token and in its account. A row
 * that only held the claim is removed.
 */
export function returnOf<Row>({ previous }: Held<Row>, isEmpty: boolean): ClaimEnd<object> {
  if (previous) {
    const unresolvedAt = previous.unresolvedAt ?? previous.expiresAt;
    return { transition: 'leave-unresolved', change: { claim: { ...previous, unresolvedAt } } };
  }
  return isEmpty ? { transition: 'abandon', change: {} } : { transition: 'release', change: { claim: null } };
}

/** How a row is left when the outcome of a change is unknown: claimed, without a live holder. */
export function unresolved<Row>({ claim }: Held<Row>, runtime: Runtime): { claim: Claim; end: ClaimEnd<object> } {
  const left = { ...claim, unresolvedAt: isoNow(runtime) };
  return { claim: left, end: { transition: 'leave-unresolved', change: { claim: left } } };
}
