import type { DriftMode, OrganisationRecord } from '../../account/organisation-record.ts';
import { organisationOf } from '../../account/scope.ts';
import type { AssistantMapping, DriftState, LiveState } from '../../mapping/assistant-mapping.ts';
import { mappingOf, type UnreadableMapping, unreadableOf } from '../../mapping/organisation-view.ts';
import { isoNow } from '../../runtime.ts';
import type { Finding } from '../finding.ts';
import { modeFor } from '../mode.ts';
import { tallyClass, tallyFinding } from '../tally.ts';
import { nextState, noteDrift } from './note-drift.ts';
import type { ScopeCheck } from './scope-check.ts';

/** What checking a row needs when Vapi is not asked. */
export type RowCheck = Pick<ScopeCheck, 'deps' | 'run' | 'scope' | 'tally'>;

interface Current {
  row: AssistantMapping;
  record: OrganisationRecord | undefined;
  mode: DriftMode;
}

/** The row as it is now, if it may be reported. Otherwise counts what it is and returns undefined. */
export async function readAgain(check: RowCheck, row: AssistantMapping): Promise<Current | undefined> {
  const current = await readUnchanged(check, row);
  if (current?.mode !== 'off') return current;
  tallyClass(check.tally, 'off');
  return undefined;
}

/** The row as it is now, with the organisation's own rules. When it has changed, counts that and returns undefined. */
export async function readUnchanged(check: RowCheck, row: AssistantMapping): Promise<Current | undefined> {
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

/** Reports each row of a tool that cannot be read. */
export async function checkToolRows({ deps, scope, tally }: RowCheck): Promise<void> {
  const { unreadable } = await deps.tools.list(scope);
  const orgId = organisationOf(scope);
  for (const detail of unreadable) {
    const owner = orgId === undefined ? {} : { orgId };
    const foundAt = isoNow(deps.runtime);
    tallyFinding(tally, { id: detail, class: 'unreadable', scope, ...owner, detail, mode: 'report', foundAt });
  }
}

/** Reports a row that cannot be read by its key: rows beside it are checked all the same. */
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
 * True when the row was not changed: every change takes a claim, which raises the revision, and a row that was removed
 * and made again has another beginning.
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

/** Counts a finding and notes it in the row. */
export async function report(check: RowCheck, { row, mode }: Current, found: Found): Promise<void> {
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
  // A claimed row is not written to, even when its holder has crashed.
  if (row.claim) return;
  const drift = nextState(row.drift, { class: found.class, fields }, { runId: run.runId, at: foundAt });
  await noteDrift(deps, row, { drift, live });
}

/** Reports that something is still to be done for an assistant, or cannot be done. */
export async function reportPending(check: RowCheck, row: AssistantMapping, cause: string): Promise<void> {
  const current = await readAgain(check, row);
  if (!current) return;
  await report(check, current, { class: 'pending', fields: [], cause });
}
