import type { Resource, VapiAccount } from '../account/vapi-account.ts';
import { settlesAt } from '../mapping/claim.ts';
import { type HeldClaim, leaveUnresolved } from '../mapping/hold-claim.ts';
import { lookUpCreated } from '../mapping/look-up-created.ts';
import type { Operation } from '../operation.ts';
import { Problem, secondsOf } from '../problem.ts';
import { claimTokenOf } from './decide.ts';
import { findOurs } from './strays.ts';

interface UnknownCreate {
  account: VapiAccount;
  held: HeldClaim;
}

/**
 * After a create of unknown outcome: looks for the assistant by the token of the claim while there is time. When it is
 * not found, leaves the claim as unresolved for the next call and throws `CREATE_UNRESOLVED`.
 */
export async function resolveUnknownCreate(operation: Operation, unknown: UnknownCreate): Promise<Resource> {
  const found = await lookUpCreated(operation, () => lookUp(operation, unknown));
  if (found) return found;
  throw await unresolved(operation, unknown.held);
}

async function lookUp(operation: Operation, { account, held }: UnknownCreate): Promise<Resource | undefined> {
  const ours = await findOurs(operation, { account, since: held.claim.startedAt });
  return ours.find((assistant) => claimTokenOf(assistant) === held.claim.token);
}

async function unresolved(operation: Operation, held: HeldClaim): Promise<Problem> {
  const settled = settlesAt(await leaveUnresolved(operation, held));
  operation.journal.record({ code: 'CREATE_LEFT_UNRESOLVED', settlesAt: new Date(settled).toISOString() });
  return createUnresolved(settled, operation.runtime.now());
}

/** The problem while it is unknown whether a create had an effect. Both times in epoch ms. */
export function createUnresolved(settled: number, now: number): Problem {
  const retryAfterSeconds = secondsOf(settled - now);
  return new Problem(
    'CREATE_UNRESOLVED',
    `Vapi's reply to the creation was lost, and making a second assistant is not risked. Repeat the request: the assistant is adopted as soon as Vapi lists it, and made anew if it has not shown up in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
}

/** The problem while a removal may still take effect. Both times in epoch ms. */
export function removalUnresolved(settled: number, now: number): Problem {
  const retryAfterSeconds = secondsOf(settled - now);
  return new Problem(
    'VAPI_UNAVAILABLE',
    `Vapi's reply to a DELETE of this assistant was lost, so it may still be deleted. Repeat the request in ${retryAfterSeconds} s: then the assistant is used if it is there, and made anew if it is not.`,
    { retryAfterSeconds, withoutEffect: true },
  );
}
