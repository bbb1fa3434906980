import { completeBook } from '../../account/account-book.ts';
import { type AssistantMapping, type LiveState, NUMBER_PATH, TOOLS_PATH } from '../../mapping/assistant-mapping.ts';
import { UNKNOWN } from '../../traffic/live.ts';
import { tallyClass } from '../tally.ts';
import { lookAtTraffic } from './check-traffic.ts';
import { noteDrift } from './note-drift.ts';
import { readAgain, report, reportPending } from './report-row.ts';
import type { ScopeCheck } from './scope-check.ts';

/**
 * Checks what belongs to an assistant that is as it was applied: pending work, tools, phone number, and what callers
 * hear.
 */
export async function checkDependents(check: ScopeCheck, row: AssistantMapping): Promise<void> {
  const pending = pendingWork(row);
  if (pending) return await reportPending(check, row, pending);
  if (await lacksTools(check, row)) return;
  if (row.phoneNumber && (await numberPointsElsewhere(check, row))) return;
  const live = row.assistantId ? await lookAtTraffic(check, row.assistantId) : UNKNOWN;
  if (live.state === 'pinned') return await reportPinned(check, row, live);
  tallyClass(check.tally, 'in-sync');
  // What could not be looked at stays as it was last seen.
  const isUnseen = live.state === 'unknown';
  const drift = isUnseen && row.drift?.class === 'pinned' ? row.drift : undefined;
  await noteDrift(check.deps, row, { drift, live: isUnseen ? row.live : live });
}

/** Callers do not hear what is stored, because somebody has divided the traffic by hand. */
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
  await reportDependents(check, row, [{ path: NUMBER_PATH, wanted: assistantId, live }]);
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
  await reportDependents(
    check,
    row,
    gone.map((wanted) => ({ path: TOOLS_PATH, wanted })),
  );
  return true;
}

/** Reports that a tool or the number was changed by hand. */
async function reportDependents(
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

/** Work that is pending for an assistant, or that only its caller can do. */
function pendingWork({ tools, phoneNumber, formerNumbers }: AssistantMapping): string | undefined {
  if (tools.refused !== undefined) return 'tools-refused';
  if (tools.status === 'pending') return 'tools';
  if (formerNumbers.length > 0) return 'phone-number';
  if (phoneNumber === undefined || phoneNumber.status === 'linked') return undefined;
  return phoneNumber.status === 'pending' ? 'phone-number' : `phone-number-${phoneNumber.status}`;
}
