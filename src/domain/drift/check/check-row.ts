import type { OrganisationRecord } from '../../account/organisation-record.ts';
import type { Resource } from '../../account/vapi-account.ts';
import type { FieldChange } from '../../configuration/diff.ts';
import { shortPointer } from '../../json.ts';
import type { AssistantMapping } from '../../mapping/assistant-mapping.ts';
import { isHeld, mayHaveCreated } from '../../mapping/claim.ts';
import { lookAt } from '../../sync/observe.ts';
import { formerToolIds, withToolIds } from '../../tools/link-tools.ts';
import { MAX_FIELDS } from '../finding.ts';
import { tallyClass } from '../tally.ts';
import { checkDependents } from './check-dependents.ts';
import { type Comparison, compareAssistant, showChanges } from './compare-assistant.ts';
import { noteDrift } from './note-drift.ts';
import { type RowCheck, readAgain, readUnchanged, report, reportPending } from './report-row.ts';
import { type Applied, appliedTo, type ScopeCheck } from './scope-check.ts';
import { createdMs } from './window.ts';

/** Clocks of two environments may be this far apart, in ms. */
const CLOCK_MARGIN_MS = 10_000;

/** For an assistant that was read after its row: reading the row again then tells all. */
const AFTER_THE_ROW = Number.POSITIVE_INFINITY;

/** Checks a mapped assistant that the list shows. */
export async function checkListed(check: ScopeCheck, row: AssistantMapping, live: Resource): Promise<void> {
  if (row.claim) return await checkClaimed(check, row);
  const applied = appliedTo(row, check);
  if (!applied) {
    // It was imported, and nothing was applied yet: there is nothing that it could differ from.
    if (row.specHash === undefined) {
      tallyClass(check.tally, 'imported');
      return await noteDrift(check.deps, row, {});
    }
    return await reportPending(check, row, 'configuration-lost');
  }
  const changes = compareAssistant(comparisonOf(check, { row, applied, live, record: undefined }));
  if (changes.length > 0) return await confirmDrift(check, { row, applied, live });
  await checkDependents(check, row);
}

/** Checks a mapped assistant that the list does not show: it may have been made since, or be gone. */
export async function checkUnlisted(check: ScopeCheck, row: AssistantMapping): Promise<void> {
  if (row.claim || !row.assistantId) return await checkClaimed(check, row);
  const seen = await lookAt(check.account, row, row.assistantId);
  if (seen.kind === 'missing') return await confirmMissing(check, row);
  // The list has it under another creation time than the row: the walk meets it there.
  if (createdMs(seen.assistant) !== Date.parse(row.assistantCreatedAt ?? '')) return;
  await checkListed({ ...check, listedAt: AFTER_THE_ROW }, row, seen.assistant);
}

/** Checks a row with a claim, or without an assistant. */
export async function checkClaimed(check: RowCheck, row: AssistantMapping): Promise<void> {
  const { claim } = row;
  if (claim && isHeld(claim, check.deps.runtime.now())) return tallyClass(check.tally, 'changing');
  if (!claim) return await reportPending(check, row, 'unfinished');
  await reportPending(check, row, mayHaveCreated(claim) ? 'unresolved-create' : 'interrupted');
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
 * A difference counts only if no operation changed the assistant between the moment at which it was seen and the moment
 * at which its row was read. When the row was written lately, the assistant is therefore looked at again, between two
 * reads of the row.
 */
async function confirmDrift(check: ScopeCheck, { row, applied, live: listed }: Candidate): Promise<void> {
  const isRecent = Date.parse(row.updatedAt) >= check.listedAt - CLOCK_MARGIN_MS;
  const live = isRecent ? await lookAgain(check, row) : listed;
  if (!live) return tallyClass(check.tally, 'changing');
  const current = await readUnchanged(check, row);
  if (!current) return;
  const comparison = comparisonOf(check, { row, applied, live, record: current.record });
  const changes = compareAssistant(comparison);
  if (changes.length === 0) return await checkDependents(check, current.row);
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

function fieldsOf(changes: readonly FieldChange[]): string[] {
  return [...new Set(changes.slice(0, MAX_FIELDS).map(({ path }) => shortPointer(path)))];
}
