import type { ScopeKey } from '../../account/scope.ts';
import { organisationOf } from '../../account/scope.ts';
import type { VapiCollection } from '../../account/vapi-account.ts';
import { newClaim } from '../../mapping/claim.ts';
import { claimRow, endRowClaim, type Held } from '../../mapping/claim-row.ts';
import { Problem } from '../../problem.ts';
import { isoNow } from '../../runtime.ts';
import type { TaskEnd } from '../../task.ts';
import { type ToolChange, type ToolRow, toolRow } from '../../tools/tool-registry.ts';
import type { DriftCall, DriftDependencies } from '../drift-dependencies.ts';
import { modeFor } from '../mode.ts';
import type { DriftRun } from '../runs.ts';
import { openAccount } from '../scope-account.ts';
import { type CollectStep, decideCollect } from './decide-collect.ts';
import { namedTools } from './named-tools.ts';
import { type UsedTools, usedTools } from './used-tools.ts';

/**
 * How long a tool is reserved before it is deleted, in ms: a sync that has read the tool before can no longer link it
 * afterwards, as no invocation runs that long.
 */
const RESERVED_MS = 180_000;

/** Collecting goes on only with at least this much time left, in ms. */
const COLLECTING_MS = 12_000;

const PAGE = 50;

/** The accounts to go through: one scope, or all of them after a position. */
interface Collection {
  scope?: ScopeKey;
  after?: string;
}

/**
 * Deletes tools of ours that no mapping of their scope has used for the grace time: each is marked as unused first,
 * then reserved, so that no sync links it any more, looked at once more, and only then deleted at Vapi. Only part of a
 * healing run.
 */
export async function collectTools(call: DriftCall, { scope, after }: Collection): Promise<TaskEnd> {
  const run = await call.runs.read(call.runId);
  if (!run?.summary || run.summary.suspicious.length > 0) return { kind: 'done', outcome: 'not-allowed' };
  if (scope) return await collectScope(call, scope);
  if (after === undefined && modeFor(run.mode, undefined) === 'heal') {
    const end = await collectScope(call, 'platform');
    if (end.kind === 'later') return end;
  }
  return await collectAccounts(call, { mode: run.mode, after });
}

async function collectAccounts(
  call: DriftCall,
  { mode, after }: Pick<DriftRun, 'mode'> & { after: string | undefined },
): Promise<TaskEnd> {
  const page = await call.fleet.ownAccounts({ limit: PAGE, after });
  for (const orgId of page.items) {
    const { record } = await call.mappings.read(orgId);
    if (modeFor(mode, record?.driftMode) !== 'heal') continue;
    const end = await collectScope(call, `org:${orgId}`);
    if (end.kind === 'later') return end;
  }
  if (page.next === undefined) return { kind: 'done', outcome: 'collected' };
  await call.tasks.send({ kind: 'collect-tools', runId: call.runId, after: page.next });
  return { kind: 'done', outcome: 'continued' };
}

async function collectScope(call: DriftCall, scope: ScopeKey): Promise<TaskEnd> {
  const { rows } = await call.tools.list(scope);
  if (rows.length === 0) return { kind: 'done', outcome: 'no-tools' };
  const mapped = await usedTools(call, scope);
  if (!mapped) return { kind: 'done', outcome: 'unreadable-rows' };
  const used = await withNamed(call, { scope, rows, mapped });
  if (!used) return { kind: 'later', reason: 'NO_TIME', afterSeconds: 1 };
  let isReserved = false;
  for (const row of rows) {
    if (call.deadline.remainingMs() < COLLECTING_MS) return { kind: 'later', reason: 'NO_TIME', afterSeconds: 1 };
    const step = decideCollect(row, { used, now: call.runtime.now(), graceMs: call.limits.graceMs });
    if (step === 'reserve') isReserved = true;
    await collectTool(call, { row, step, scope });
  }
  if (isReserved) {
    const again = { kind: 'collect-tools', runId: call.runId, scope } as const;
    await call.tasks.send(again, { delaySeconds: RESERVED_MS / 1000 + 20 });
  }
  return { kind: 'done', outcome: isReserved ? 'reserved' : 'collected' };
}

/**
 * Adds the tools that assistants at Vapi name, when anything would be deleted: somebody may have linked a tool of ours
 * by hand. Undefined when time runs out.
 */
async function withNamed(
  call: DriftCall,
  { scope, rows, mapped }: { scope: ScopeKey; rows: readonly ToolRow[]; mapped: UsedTools },
): Promise<UsedTools | undefined> {
  const { graceMs } = call.limits;
  const removable = rows.filter(
    (row) => decideCollect(row, { used: mapped, now: call.runtime.now(), graceMs }) === 'remove',
  );
  const account = removable.length > 0 ? await openAccount(call, scope) : undefined;
  if (!account) return mapped;
  const named = await namedTools(account, call.deadline);
  if (!named) return undefined;
  for (const { toolId } of removable) {
    if (toolId && named.has(toolId)) call.journal.record({ code: 'TOOL_USED_BY_OTHERS', toolId });
  }
  return { ...mapped, toolIds: new Set([...mapped.toolIds, ...named]) };
}

interface CollectInput {
  row: ToolRow;
  step: CollectStep;
  scope: ScopeKey;
}

async function collectTool(call: DriftCall, { row, step, scope }: CollectInput): Promise<void> {
  const { runtime } = call;
  switch (step) {
    case 'keep':
      return;
    case 'mark-unused':
      return await annotate(call, row, { unusedSince: isoNow(runtime) });
    case 'mark-used':
      return await annotate(call, row, { unusedSince: null });
    case 'reserve':
      return void (await reserve(call, row, RESERVED_MS));
    case 'give-back': {
      const held = await reserve(call, row, call.deadline.remainingMs());
      const change = { claim: null, unusedSince: null };
      return void (
        held && (await endRowClaim(toolRow(call.tools, row), held, { transition: 'release', change, runtime }))
      );
    }
    case 'remove':
      return await remove(call, { row, scope });
  }
}

/** Takes the claim on the row. Undefined when another operation was faster. */
async function reserve(
  { runtime, tools }: DriftDependencies,
  row: ToolRow,
  forMs: number,
): Promise<Held<ToolRow> | undefined> {
  const scope = organisationOf(row.scopeKey) === undefined ? 'platform' : 'org';
  const token = runtime.uniqueId();
  const now = runtime.now();
  const claim = newClaim({ token, operation: 'delete', scope, now, remainingMs: forMs, previous: row.claim });
  return await claimRow(toolRow(tools, row), { from: row, claim, change: {} });
}

async function remove(call: DriftCall, { row, scope }: { row: ToolRow; scope: ScopeKey }): Promise<void> {
  const { toolId } = row;
  const { runtime, journal } = call;
  const account = await openAccount(call, scope);
  // This key cannot see a tool of another account: it is unknown whether that is gone.
  if (!toolId || !account || account.keyFingerprint !== row.keyFingerprint) return;
  const held = await reserve(call, row, call.deadline.remainingMs());
  if (!held) return;
  const isGone = await isRemoved(account.tools, toolId);
  const end = isGone
    ? ({ transition: 'remove', change: {} } as const)
    : ({ transition: 'release', change: { claim: null } } as const);
  await endRowClaim(toolRow(call.tools, row), held, { ...end, runtime });
  if (isGone) journal.record({ code: 'TOOL_REMOVED', toolId, tool: row.hash });
}

/** Deletes a tool. False when Vapi refuses, as somebody has pinned it. */
async function isRemoved(account: VapiCollection, toolId: string): Promise<boolean> {
  try {
    await account.remove(toolId);
    return (await account.get(toolId)).kind === 'missing';
  } catch (error) {
    if (error instanceof Problem && (error.code === 'VAPI_REJECTED' || error.code === 'PINNED')) return false;
    throw error;
  }
}

async function annotate({ runtime, tools }: DriftDependencies, from: ToolRow, change: ToolChange): Promise<void> {
  const token = from.claim?.token ?? runtime.uniqueId();
  await toolRow(tools, from).write({ transition: 'annotate', from, token, change, at: isoNow(runtime) });
}
