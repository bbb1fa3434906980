import { completeBook } from '../../account/account-book.ts';
import type { DriftMode, OrganisationRecord } from '../../account/organisation-record.ts';
import { organisationOf } from '../../account/scope.ts';
import type { Resource } from '../../account/vapi-account.ts';
import type { FieldChange } from '../../configuration/diff.ts';
import { shortPointer } from '../../json.ts';
import type { DriftState, LiveState } from '../../mapping/assistant-mapping.ts';
import {
  type AssistantMapping,
  mappingOf,
  NUMBER_PATH,
  TOOLS_PATH,
  type UnreadableMapping,
  unreadableOf,
} from '../../mapping/assistant-mapping.ts';
import { isHeld, mayHaveCreated } from '../../mapping/claim.ts';
import { isoNow } from '../../runtime.ts';
import { lookAt } from '../../sync/observe.ts';
import { formerToolIds, withToolIds } from '../../tools/link-tools.ts';
import { UNKNOWN } from '../../traffic/live.ts';
import { type Finding, MAX_FIELDS } from '../finding.ts';
import { modeFor } from '../mode.ts';
import { tallyClass, tallyFinding } from '../tally.ts';
import { lookAtTraffic } from './check-traffic.ts';
import { type Comparison, compareAssistant, showChanges } from './compare-assistant.ts';
import { nextState, noteDrift } from './note-drift.ts';
import { type Applied, appliedTo, type ScopeCheck } from './scope-check.ts';
import { createdMs } from './window.ts';

/** All that checking a row needs when Vapi is not asked. */
type RowCheck = Pick<ScopeCheck, 'deps' | 'run' | 'scope' | 'tally'>;

/** Clocks of two environments may be this far apart, in ms. */
const CLOCK_MARGIN_MS = 10_000;

/** For an assistant that was asked for when its row had been read: reading the row again then tells all. */
const AFTER_THE_ROW = Number.POSITIVE_INFINITY;

/** A mapped assistant that the list shows. */
export async function checkListed(check: ScopeCheck, row: AssistantMapping, live: Resource): Promise<void> {
  if (row.claim) return await checkClaimed(check, row);
  const applied = appliedTo(row, check);
  if (!applied) {
    // It was mapped as it is, and nothing was asked for yet: there is nothing that it could differ from.
    if (row.specHash === undefined) {
      tallyClass(check.tally, 'imported');
      return await noteDrift(check.deps, row, {});
    }
    return await reportPending(check, row, 'configuration-lost');
  }
  const changes = compareAssistant(comparisonOf(check, { row, applied, live, record: undefined }));
  if (changes.length > 0) return await confirmDrift(check, { row, applied, live });
  await checkFollowers(check, row);
}

/** A mapped assistant that the list does not show: it may have been made since, and it may be gone. */
export async function checkUnlisted(check: ScopeCheck, row: AssistantMapping): Promise<void> {
  if (row.claim || !row.assistantId) return await checkClaimed(check, row);
  const seen = await lookAt(check.account, row, row.assistantId);
  if (seen.kind === 'missing') return await confirmMissing(check, row);
  // Listed under another creation time than the row has: the walk meets it there.
  if (createdMs(seen.assistant) !== Date.parse(row.assistantCreatedAt ?? '')) return;
  await checkListed({ ...check, listedAt: AFTER_THE_ROW }, row, seen.assistant);
}

/** A row that somebody holds, or has left behind. */
export async function checkClaimed(check: RowCheck, row: AssistantMapping): Promise<void> {
  const { claim } = row;
  if (claim && isHeld(claim, check.deps.runtime.now())) return tallyClass(check.tally, 'changing');
  if (!claim) return await reportPending(check, row, 'unfinished');
  await reportPending(check, row, mayHaveCreated(claim) ? 'unresolved-create' : 'interrupted');
}

/** The assistant is as it was applied; its tools and number may still be pending. */
async function checkFollowers(check: ScopeCheck, row: AssistantMapping): Promise<void> {
  const pending = pendingWork(row);
  if (pending) return await reportPending(check, row, pending);
  if (await lacksTools(check, row)) return;
  if (row.phoneNumber && (await numberPointsElsewhere(check, row))) return;
  const live = row.assistantId ? await lookAtTraffic(check, row.assistantId) : UNKNOWN;
  if (live.state === 'pinned') return await reportPinned(check, row, live);
  tallyClass(check.tally, 'in-sync');
  // What could not be seen stays as it was seen last.
  const isUnseen = live.state === 'unknown';
  const drift = isUnseen && row.drift?.class === 'pinned' ? row.drift : undefined;
  await noteDrift(check.deps, row, { drift, live: isUnseen ? row.live : live });
}

/** What was stored is not what callers hear: somebody has divided the traffic by hand. */
async function reportPinned(check: ScopeCheck, row: AssistantMapping, live: LiveState): Promise<void> {
  const current = await readAgain(check, row);
  if (!current) return;
  const shares = (live.versions ?? []).map(({ version, percentage }) => `${version} ${percentage} %`);
  await report(check, current, { class: 'pinned', fields: [], cause: 'traffic', detail: shares.join(', '), live });
}

/** True when the number was pointed to the assistant once, and is not any more: that is reported then. */
async function numberPointsElsewhere(check: ScopeCheck, row: AssistantMapping): Promise<boolean> {
  const { phoneNumber, assistantId } = row;
  if (!phoneNumber || !assistantId) return false;
  const { account, deps, run, scope } = check;
  const book = deps.numbers.open(`${run.runId} ${scope}`);
  await completeBook(book, (query) => account.phoneNumbers.list(query));
  if (book.entries.get(phoneNumber.id)?.assistantId === assistantId) return false;
  // The book may be older than the row: the number itself tells, and then the row once more.
  const found = await account.phoneNumbers.get(phoneNumber.id);
  const live = found.kind === 'found' ? found.phoneNumber.assistantId : undefined;
  if (live === assistantId) return false;
  await reportFollowers(check, row, [{ path: NUMBER_PATH, wanted: assistantId, live }]);
  return true;
}

/**
 * True when Vapi has not all tools of ours any more that the assistant names: its calls of them fail. That is reported
 * then.
 */
async function lacksTools(check: ScopeCheck, row: AssistantMapping): Promise<boolean> {
  if (row.tools.linked.length === 0) return false;
  const { account, deps, run, scope } = check;
  const book = deps.toolIds.open(`${run.runId} ${scope}`);
  await completeBook(book, async (query) =>
    (await account.tools.list(query)).map(({ id, createdAt }) => ({ id, createdAt })),
  );
  const gone: string[] = [];
  for (const { toolId } of row.tools.linked) {
    // The book may be older than the row: the tool itself tells, and then the row once more.
    if (book.entries.has(toolId) || (await account.tools.get(toolId)).kind === 'found') continue;
    gone.push(toolId);
  }
  if (gone.length === 0) return false;
  await reportFollowers(
    check,
    row,
    gone.map((wanted) => ({ path: TOOLS_PATH, wanted })),
  );
  return true;
}

/** A dependent of the assistant was changed by hand: its number or a tool. */
async function reportFollowers(
  check: ScopeCheck,
  row: AssistantMapping,
  edited: readonly { path: string; wanted: string; live?: string }[],
): Promise<void> {
  const current = await readAgain(check, row);
  if (!current) return;
  const changes = edited.map((change) => ({ ...change, origin: 'edited-at-vapi' as const }));
  const fields = [...new Set(edited.map(({ path }) => path))];
  await report(check, current, { class: 'drifted', fields, changes, changed: changes.length });
}

/** What is still to be done after the assistant itself, or cannot be done by anybody but the caller. */
function pendingWork({ tools, phoneNumber, formerNumbers }: AssistantMapping): string | undefined {
  if (tools.refused !== undefined) return 'tools-refused';
  if (tools.status === 'pending') return 'tools';
  if (formerNumbers.length > 0) return 'phone-number';
  if (phoneNumber === undefined || phoneNumber.status === 'linked') return undefined;
  return phoneNumber.status === 'pending' ? 'phone-number' : `phone-number-${phoneNumber.status}`;
}

interface Candidate {
  row: AssistantMapping;
  applied: Applied;
  live: Resource;
}

function comparisonOf(
  { deps }: ScopeCheck,
  { row, applied, live, record }: Candidate & { record: OrganisationRecord | undefined },
): Comparison {
  const attempted = applied.attempted.map(({ payload }) => payload);
  const ours = row.tools.linked.map(({ toolId }) => toolId);
  return {
    wanted: withToolIds(applied.wanted.payload, { ours, former: formerToolIds(row, attempted), live: live.config }),
    live: live.config,
    attempted,
    ignored: [...deps.limits.ignored, ...(record?.driftIgnore ?? [])],
    healedBefore: row.drift && row.drift.heals > 0 ? row.drift.fields : [],
  };
}

/**
 * A difference counts only if no operation has changed the assistant between the moment at which it was seen and the
 * moment at which the row was read. A row that was written lately is therefore looked at again, between two reads of
 * it.
 */
async function confirmDrift(check: ScopeCheck, { row, applied, live: listed }: Candidate): Promise<void> {
  const isRecent = Date.parse(row.updatedAt) >= check.listedAt - CLOCK_MARGIN_MS;
  const live = isRecent ? await lookAgain(check, row) : listed;
  if (!live) return tallyClass(check.tally, 'changing');
  const current = await readUnchanged(check, row);
  if (!current) return;
  const comparison = comparisonOf(check, { row, applied, live, record: current.record });
  const changes = compareAssistant(comparison);
  if (changes.length === 0) return await checkFollowers(check, current.row);
  if (current.mode === 'off') return tallyClass(check.tally, 'off');
  await report(check, current, {
    class: 'drifted',
    fields: fieldsOf(changes),
    changes: showChanges(changes, comparison),
    changed: changes.length,
  });
}

async function lookAgain({ account }: ScopeCheck, { assistantId }: AssistantMapping): Promise<Resource | undefined> {
  const found = assistantId ? await account.assistants.get(assistantId) : undefined;
  return found?.kind === 'found' ? found.resource : undefined;
}

/** The row was read before the assistant was asked for, and is read again after: a sync in between would show. */
async function confirmMissing(check: ScopeCheck, row: AssistantMapping): Promise<void> {
  const current = await readAgain(check, row);
  if (!current) return;
  await report(check, current, { class: 'missing', fields: [] });
}

async function reportPending(check: RowCheck, row: AssistantMapping, cause: string): Promise<void> {
  const current = await readAgain(check, row);
  if (!current) return;
  await report(check, current, { class: 'pending', fields: [], cause });
}

interface Current {
  row: AssistantMapping;
  record: OrganisationRecord | undefined;
  mode: DriftMode;
}

/** The row as it is now, where it may be reported. Undefined, and counted as what it is, otherwise. */
async function readAgain(check: RowCheck, row: AssistantMapping): Promise<Current | undefined> {
  const current = await readUnchanged(check, row);
  if (current?.mode !== 'off') return current;
  tallyClass(check.tally, 'off');
  return undefined;
}

/** The row as it is now with the organisation's own rules. Undefined, and counted, when it is not what it was. */
async function readUnchanged(check: RowCheck, row: AssistantMapping): Promise<Current | undefined> {
  const { deps, run, tally } = check;
  const view = await deps.mappings.read(row.orgId);
  const hidden = unreadableOf(view, row);
  if (hidden) reportUnreadable(check, { ...hidden, role: row.role });
  const now = hidden ? undefined : mappingOf(view, row);
  if (now && isUnchanged(row, now)) {
    return { row: now, record: view.record, mode: modeFor(run.mode, view.record?.driftMode) };
  }
  if (!hidden) tallyClass(tally, 'changing');
  return undefined;
}

/** Rows of tools that cannot be read, one finding each. */
export async function checkToolRows({ deps, scope, tally }: RowCheck): Promise<void> {
  const { unreadable } = await deps.tools.list(scope);
  const orgId = organisationOf(scope);
  for (const detail of unreadable) {
    const owner = orgId === undefined ? {} : { orgId };
    const foundAt = isoNow(deps.runtime);
    tallyFinding(tally, { id: detail, class: 'unreadable', scope, ...owner, detail, mode: 'report', foundAt });
  }
}

/** A row that cannot be read is one finding with its key: what stands beside it is checked all the same. */
export function reportUnreadable({ deps, scope, tally }: RowCheck, row: UnreadableMapping): void {
  const { unreadable, orgId, role, assistantId } = row;
  tallyFinding(tally, {
    id: `${scope}#${orgId}#${role ?? unreadable}`,
    class: 'unreadable',
    scope,
    orgId,
    role,
    assistantId,
    detail: unreadable,
    mode: 'report',
    foundAt: isoNow(deps.runtime),
  });
}

/**
 * Every change takes a claim, which raises the revision; a row that was removed and made again has another beginning.
 */
function isUnchanged(before: AssistantMapping, now: AssistantMapping): boolean {
  return (
    before.revision === now.revision &&
    before.claim?.token === now.claim?.token &&
    before.claim?.unresolvedAt === now.claim?.unresolvedAt &&
    before.assistantId === now.assistantId &&
    before.createdAt === now.createdAt
  );
}

type Found = Pick<DriftState, 'class' | 'fields'> &
  Pick<Finding, 'changes' | 'changed' | 'cause' | 'detail'> & { live?: LiveState };

async function report(check: RowCheck, { row, mode }: Current, found: Found): Promise<void> {
  const { scope, run, deps } = check;
  const { orgId, role, assistantId } = row;
  const foundAt = isoNow(deps.runtime);
  const { fields, live, ...shown } = found;
  tallyFinding(check.tally, {
    id: `${scope}#${orgId}#${role}`,
    scope,
    orgId,
    role,
    assistantId,
    ...shown,
    mode,
    foundAt,
  });
  // A claimed row is not written, even when its holder has crashed.
  if (row.claim) return;
  const drift = nextState(row.drift, { class: found.class, fields }, { runId: run.runId, at: foundAt });
  await noteDrift(deps, row, { drift, live });
}

function fieldsOf(changes: readonly FieldChange[]): string[] {
  return [...new Set(changes.slice(0, MAX_FIELDS).map(({ path }) => shortPointer(path)))];
}
