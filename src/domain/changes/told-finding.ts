import type { AssistantMapping, DriftState } from '../mapping/assistant-mapping.ts';
import type { Announcement, TableWrite, ToldFinding } from './announcement.ts';

/** The events of findings in one write: of one that appeared, and of one that was resolved. Pure. */
export function findingsIn(write: Exclude<TableWrite, { kind: 'rollout' }>): Announcement[] {
  const [was, is] = write.kind === 'mapping' ? findingsOfRow(write) : findingsOfStray(write);
  if (was?.class === is?.class && was?.since === is?.since) return [];
  return [
    ...(was ? [announcementOf('Drift Resolved', was, write.at)] : []),
    ...(is ? [announcementOf('Drift Found', is, is.since)] : []),
  ];
}

type Finding = Omit<ToldFinding, 'id' | 'at'> & { since: string };

function findingsOfRow({ before, after }: TableWrite & { kind: 'mapping' }): (Finding | undefined)[] {
  return [before, after].map((row) => row?.drift && findingOf(row, row.drift));
}

function findingOf({ orgId, role, assistantId }: AssistantMapping, drift: DriftState): Finding {
  const { class: name, fields, since, runId } = drift;
  return { orgId, role, assistantId: assistantId ?? null, class: name, fields, since, runId };
}

function findingsOfStray({ before, after }: TableWrite & { kind: 'stray' }): (Finding | undefined)[] {
  return [before, after].map((stray) => stray && { ...stray, fields: [] });
}

function announcementOf(
  type: 'Drift Found' | 'Drift Resolved',
  { runId, orgId, role, assistantId, class: name, fields, since }: Finding,
  at: string,
): Announcement {
  const word = type === 'Drift Found' ? 'found' : 'resolved';
  // A repeated task may find something else about the same assistant in the same run: that has another id.
  const id = [word, runId, orgId, role, assistantId, name, since].join('-');
  const told: ToldFinding = { id, at, runId, orgId, role, assistantId, class: name, fields };
  return { type, detail: { version: 1, ...told }, subject: `${orgId}/${role}` };
}
