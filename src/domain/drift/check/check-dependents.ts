import { completeList } from '../../account/list-cache.ts';
import { type AssistantMapping, type LiveState, NUMBER_PATH, TOOLS_PATH } from '../../mapping/assistant-mapping.ts';
import { UNKNOWN } from '../../traffic/live.ts';
import { tallyClass } from '../tally.ts';
import { lookAtTraffic } from './check-traffic.ts';
import { noteDrift } from './note-drift.ts';
import { readAgain, report, reportPending } from './report-row.ts';
import type { ScopeCheck } from './scope-check.ts';
import type { ShownChange } from './shown-change.ts';

/**
 * Checks what belongs to an assistant that is as it was applied: pending work, tools, phone number, and what callers
 * hear.
 */
export async function checkDependents(check: ScopeCheck, row: AssistantMapping): Promise<void> {
  const pending = pendingWork(row);
  if (pending) return await reportPending(check, row, pending);
  const edited = await editedDependents(check, row);
  if (edited.length > 0) return await reportEdited(check, row, edited);
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

/** A dependent that is no longer as it was linked; `live` is absent when it is gone. */
type Edited = Omit<ShownChange, 'origin'>;

/** The tools that are gone at Vapi; if none is, the number when it points elsewhere. */
async function editedDependents(check: ScopeCheck, row: AssistantMapping): Promise<Edited[]> {
  const gone = await goneTools(check, row);
  return gone.length > 0 ? gone : await movedNumber(check, row);
}

/** Linked tools that are gone at Vapi: the assistant's calls of them fail. */
async function goneTools({ account, deps, run, scope }: ScopeCheck, { tools }: AssistantMapping): Promise<Edited[]> {
  if (tools.linked.length === 0) return [];
  const known = deps.toolIds.list(`${run.runId} ${scope}`);
  await completeList(known, async (query) =>
    (await account.tools.list(query)).map(({ id, createdAt }) => ({ id, createdAt })),
  );
  const gone: Edited[] = [];
  for (const { toolId } of tools.linked) {
    // The list may be older than the row, so the tool itself is asked for; the row is read again before the report.
    if (known.entries.has(toolId) || (await account.tools.get(toolId)).kind === 'found') continue;
    gone.push({ path: TOOLS_PATH, wanted: toolId });
  }
  return gone;
}

/** The number, if it was pointed to the assistant and now points elsewhere. */
async function movedNumber(
  { account, deps, run, scope }: ScopeCheck,
  { phoneNumber, assistantId }: AssistantMapping,
): Promise<Edited[]> {
  if (!phoneNumber || !assistantId) return [];
  const known = deps.numbers.list(`${run.runId} ${scope}`);
  await completeList(known, (query) => account.phoneNumbers.list(query));
  if (known.entries.get(phoneNumber.id)?.assistantId === assistantId) return [];
  // The list may be older than the row, so the number itself is asked for; the row is read again before the report.
  const found = await account.phoneNumbers.get(phoneNumber.id);
  const live = found.kind === 'found' ? found.phoneNumber.assistantId : undefined;
  return live === assistantId ? [] : [{ path: NUMBER_PATH, wanted: assistantId, live }];
}

/** Reports that a tool or the number was changed by hand. */
async function reportEdited(check: ScopeCheck, row: AssistantMapping, edited: readonly Edited[]): Promise<void> {
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
