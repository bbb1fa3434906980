import { scopeKeyOf } from '../account/scope.ts';
import { nameOf } from '../journal.ts';
import { type Claim, isHeld, mayHaveCreated, newClaim, settlesAt } from '../mapping/claim.ts';
import { type ClaimableRow, claimRow, endRowClaim, type Held, returnOf, unresolved } from '../mapping/claim-row.ts';
import { assertTimeToCreate, lookUpCreated } from '../mapping/look-up-created.ts';
import type { Operation } from '../operation.ts';
import { Problem, secondsOf } from '../problem.ts';
import { FINISH_RESERVE_MS, POLL_LONGEST_MS } from '../timing.ts';
import type { Registration } from './find-stray-tool.ts';
import { findStrayTool } from './find-stray-tool.ts';
import { registeredId } from './find-tools.ts';
import { type ToolChange, type ToolRow, toolRow } from './tool-registry.ts';

/** `later`: another operation is registering it, or it is unknown whether an earlier attempt has made it. */
type Registered = { kind: 'registered'; toolId: string } | { kind: 'later'; afterSeconds: number };

/**
 * Makes sure that Vapi has one tool with this definition, by the protocol that makes assistants: a claim, one POST that
 * is never repeated, and a look-up after an unknown outcome. Throws `VAPI_REJECTED` for a definition that Vapi refuses,
 * and what else the account throws.
 */
export async function registerTool(
  operation: Operation,
  { tool, access }: Pick<Registration, 'tool' | 'access'>,
): Promise<Registered> {
  const scopeKey = scopeKeyOf(access.scope, operation.key.orgId);
  const account = operation.vapi.open(access.apiKey, operation.deadline).tools;
  const registration = { tool, scopeKey, access, account };
  const row = await operation.tools.read(scopeKey, tool.hash);
  const plan = await planRegistration(operation, { ...registration, row });
  if (plan.kind === 'wait') return { kind: 'later', afterSeconds: secondsOf(plan.until - operation.runtime.now()) };
  const { toolId } = plan;
  if (toolId && toolId === registeredId(row, access)) return { kind: 'registered', toolId };
  return await underClaim(operation, { ...registration, row, found: toolId });
}

type RegistrationPlan = { kind: 'wait'; until: number } | { kind: 'register'; toolId: string | undefined };

/** No operation acts beside a holder, and nothing is created while an earlier POST may still turn up. */
async function planRegistration(
  operation: Operation,
  { row, ...registration }: Registration & { row: ToolRow | undefined },
): Promise<RegistrationPlan> {
  const claim = row?.claim;
  const now = operation.runtime.now();
  if (claim && isHeld(claim, now)) return { kind: 'wait', until: Date.parse(claim.expiresAt) };
  if (claim && mayHaveCreated(claim)) {
    const untilMs = settlesAt(claim);
    const toolId = await findStrayTool(operation, { ...registration, since: claim.since, untilMs });
    return !toolId && now < untilMs ? { kind: 'wait', until: untilMs } : { kind: 'register', toolId };
  }
  return { kind: 'register', toolId: await stillThere(registration, row) };
}

/** The tool of a row, if it still exists: somebody may have deleted it at Vapi. */
async function stillThere({ account }: Registration, row: ToolRow | undefined): Promise<string | undefined> {
  if (!row?.toolId || (row.claim && row.claim.operation !== 'delete')) return undefined;
  return (await account.get(row.toolId)).kind === 'found' ? row.toolId : undefined;
}

interface Claiming extends Registration {
  row: ToolRow | undefined;
  found: string | undefined;
}

async function underClaim(operation: Operation, claiming: Claiming): Promise<Registered> {
  const { found, tool, access, scopeKey } = claiming;
  if (!found) assertTimeToCreate(operation, 'Too little time is left to register a tool. It is tried again.');
  const rows = toolRow(operation.tools, { scopeKey, hash: tool.hash });
  const held = await claimRow(rows, { from: claiming.row, claim: claimOf(operation, claiming), change: {} });
  if (!held) return { kind: 'later', afterSeconds: 1 };
  const toolId = found ?? (await create(operation, { ...claiming, rows, held }));
  const { runtime } = operation;
  if (!toolId) {
    const { claim, end } = unresolved(held, runtime);
    await endRowClaim(rows, held, { ...end, runtime });
    return { kind: 'later', afterSeconds: secondsOf(settlesAt(claim) - runtime.now()) };
  }
  const { fingerprint: keyFingerprint } = access.apiKey;
  const change = { toolId, keyFingerprint, finalisedBy: held.claim.token, claim: null, unusedSince: null };
  const written = await endRowClaim(rows, held, { transition: 'finalise', change, runtime });
  if (written.kind === 'conflict') return await afterLosing(operation, { ...claiming, toolId });
  operation.journal.record({ code: 'TOOL_REGISTERED', toolId, tool: tool.hash, made: found === undefined });
  return { kind: 'registered', toolId };
}

function claimOf({ runtime, deadline }: Operation, { row, access }: Claiming): Claim {
  const { scope } = access;
  const token = runtime.uniqueId();
  const remainingMs = deadline.remainingMs();
  return newClaim({ token, operation: 'create', scope, now: runtime.now(), remainingMs, previous: row?.claim });
}

/**
 * Another operation took the claim over. It either found our tool, and the row names it, or our tool has to be removed;
 * while that operation is acting the outcome is unknown. A tool that cannot be removed is linked to nothing.
 */
async function afterLosing(
  operation: Operation,
  { scopeKey, tool, account, toolId, found }: Claiming & { toolId: string },
): Promise<Registered> {
  operation.journal.record({ code: 'CLAIM_LOST' });
  for (;;) {
    const row = await operation.tools.read(scopeKey, tool.hash);
    if (found || row?.toolId === toolId) break;
    if (!row?.claim || !isHeld(row.claim, operation.runtime.now())) {
      await account.remove(toolId);
      break;
    }
    if (operation.deadline.remainingMs() < POLL_LONGEST_MS + FINISH_RESERVE_MS) break;
    await operation.runtime.sleep(POLL_LONGEST_MS);
  }
  return { kind: 'later', afterSeconds: 1 };
}

interface Creating extends Claiming {
  rows: ClaimableRow<ToolRow, ToolChange>;
  held: Held<ToolRow>;
}

/** Undefined when it is not known whether the tool was made. */
async function create(operation: Operation, task: Creating): Promise<string | undefined> {
  const { account, tool, held } = task;
  const reply = await givingBack(operation, task, () => account.create(tool.definition));
  if (reply.kind === 'created') return reply.resource.id;
  operation.journal.record({ code: 'TOOL_OUTCOME_UNKNOWN', tool: tool.hash, cause: nameOf(reply.cause) });
  const { since } = held.claim;
  return await lookUpCreated(operation, () => findStrayTool(operation, { ...task, since }));
}

/** After a definite refusal, which made nothing, the row is given back. */
async function givingBack<T>({ runtime }: Operation, { rows, held }: Creating, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    await endRowClaim(rows, held, { ...returnOf(held, held.row.toolId === undefined), runtime });
    throw error;
  }
}
