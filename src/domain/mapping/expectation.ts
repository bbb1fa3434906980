import type { ExpectedRevision } from '../expected-revision.ts';
import type { Operation, Precondition } from '../operation.ts';
import { Problem } from '../problem.ts';
import type { AssistantMapping } from './assistant-mapping.ts';
import { isBeingRemoved, isHeld } from './claim.ts';

/**
 * What a caller expects of a row. Unless all of it holds, nothing is done. Of a revision, `none` means that no
 * assistant is mapped yet.
 */
export interface Expectation extends ExpectedRevision {
  /** Hash of the configuration that was applied last, to an assistant whose removal has not begun since. */
  specHash?: string;
  /** The row is as it was planned with, or as an operation of the plan has left it. */
  planned?: PlannedRow;
}

/** A row as it was planned with. Its revision does not count: linking a tool or a number makes a new one too. */
export interface PlannedRow {
  specHash: string | undefined;
  /** The operation that had bound it to its template. */
  boundBy: string | undefined;
  /** Operations of the plan: a row that one of these changed last is as expected too. */
  own: readonly string[];
}

/** The operation with a precondition: it is carried out only while the row is as expected. */
export function expecting(operation: Operation, { specHash, revision, planned }: Expectation): Operation {
  let expected = revision;
  let ownToken: string | undefined;
  const precondition: Precondition = {
    assertHolds: (mapping, now) => {
      if (specHash !== undefined) assertApplied(mapping, specHash);
      if (planned) assertPlanned(mapping, { planned, now });
      if (expected === undefined) return;
      if (expected === 'none') return assertNone(mapping, ownToken);
      if (!mapping) throw failed('nothing is mapped');
      if (expected !== 'any') assertRevision(mapping, { expected, ownToken, now });
    },
    follow: ({ revision: own, claim }) => {
      ownToken = claim?.token;
      if (typeof expected === 'number') expected = own;
    },
  };
  return { ...operation, precondition };
}

function assertApplied(mapping: AssistantMapping | undefined, specHash: string): void {
  if (mapping?.specHash !== specHash) throw failed('another configuration was applied');
  if (isBeingRemoved(mapping.claim)) throw failed('it is being removed');
}

function assertPlanned(mapping: AssistantMapping | undefined, plan: { planned: PlannedRow; now: number }): void {
  if (!mapping) throw failed('nothing is mapped');
  if (!isAsPlanned(mapping, plan)) throw failed('somebody has changed it since');
}

/**
 * True when the row is as it was planned with, or when an operation of the plan changed it last: each claim and each
 * binding names its operation. False for one whose removal was cut off, as it is not to come back; while somebody is
 * still removing it, Vapi may yet refuse.
 */
export function isAsPlanned(
  { specHash, revisedBy, template, claim }: AssistantMapping,
  { planned, now }: { planned: PlannedRow; now: number },
): boolean {
  if (claim && isBeingRemoved(claim) && !isHeld(claim, now)) return false;
  const isOwn = [revisedBy, template?.operationId].some((id) => id !== undefined && planned.own.includes(id));
  return isOwn || (specHash === planned.specHash && template?.operationId === planned.boundBy);
}

/** Throws when an assistant is mapped, unless this operation has mapped it. */
function assertNone(mapping: AssistantMapping | undefined, ownToken: string | undefined): void {
  if (mapping?.assistantId === undefined) return;
  if (ownToken === undefined || mapping.finalisedBy !== ownToken) throw failed('there is one already');
}

function assertRevision(
  { revision, claim }: AssistantMapping,
  { expected, ownToken, now }: { expected: number; ownToken: string | undefined; now: number },
): void {
  if (revision !== expected) throw failed(`the revision is ${revision}, not ${expected}`);
  // A change that is under way keeps its revision when it ends, with other content than the caller has read.
  if (claim && claim.token !== ownToken && isHeld(claim, now)) throw failed('another call is changing it');
}

function failed(what: string): Problem {
  const detail = `The assistant is not as the request expects it to be: ${what}. GET it, decide anew, and repeat with the ETag that it has then.`;
  return new Problem('PRECONDITION_FAILED', detail);
}
