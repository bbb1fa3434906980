import { type Journal, nameOf } from '../journal.ts';
import type { AssistantMapping, DriftState, SpecStore } from '../mapping/assistant-mapping.ts';
import { type BareChange, type Change, changeIn, linkedPaths } from './change.ts';
import type { ChangeStore } from './change-store.ts';
import { changedPaths, declaredPaths } from './changed-paths.ts';

/** One write to a row, as the stream of the table has it. */
export interface RowChange {
  /** Names the write to whoever reads the stream. */
  sequence: string;
  before: AssistantMapping | undefined;
  after: AssistantMapping | undefined;
}

/** A finding that has appeared, or is gone. No values of a configuration. */
interface ToldFinding {
  id: string;
  at: string;
  runId: string;
  orgId: string;
  role: string;
  assistantId: string | null;
  class: DriftState['class'];
  fields: readonly string[];
}

/** An event for the bus. `detail` carries `version: 1`. */
export interface Announcement {
  type: string;
  detail: { version: 1 } & (Change | ToldFinding);
  /** Events of one assistant keep their order. */
  subject: string;
  /** The write that it comes from. */
  sequence: string;
}

/** The bus of the stage. */
export interface EventBus {
  /** Sends events, at most ten, none two of one subject. Returns the indices of those that were not taken. */
  put(events: readonly Announcement[]): Promise<readonly number[]>;
}

export interface AnnounceDependencies {
  changes: ChangeStore;
  specs: SpecStore;
  bus: EventBus;
  journal: Journal;
}

/** The most that EventBridge takes at once. */
const AT_ONCE = 10;

/**
 * Tells what the writes of a stream have done: keeps each change, then sends its event. Returns the first write that has to
 * come again, with all after it; undefined when all were told. What is told twice has one id and one content, and no event goes
 * before an earlier one of the same assistant that was not taken.
 */
export async function announce(deps: AnnounceDependencies, writes: readonly RowChange[]): Promise<string | undefined> {
  const announcements: Announcement[] = [];
  let unkept: string | undefined;
  for (const write of writes) {
    const told = await tellIn(deps, write);
    if (!told) {
      unkept = write.sequence;
      break;
    }
    announcements.push(...told);
  }
  for (const batch of batchesOf(announcements)) {
    const failed = await send(deps, batch);
    if (failed !== undefined) return failed;
  }
  return unkept;
}

/** In their order; none holds two of one assistant, as the bus may take any part of a batch. */
function batchesOf(announcements: readonly Announcement[]): Announcement[][] {
  const batches: Announcement[][] = [];
  for (const announcement of announcements) {
    const last = batches.at(-1);
    const fits = last && last.length < AT_ONCE && last.every(({ subject }) => subject !== announcement.subject);
    if (fits) last.push(announcement);
    else batches.push([announcement]);
  }
  return batches;
}

/** The first write whose event was not taken. */
async function send(
  { bus, journal }: AnnounceDependencies,
  events: readonly Announcement[],
): Promise<string | undefined> {
  if (events.length === 0) return undefined;
  try {
    const [first] = [...(await bus.put(events))].toSorted((a, b) => a - b);
    if (first !== undefined)
      journal.record({ code: 'EVENTS_NOT_SENT', cause: 'PARTIAL', count: events.length - first });
    return first === undefined ? undefined : events[first]?.sequence;
  } catch (error) {
    journal.record({ code: 'EVENTS_NOT_SENT', cause: nameOf(error), count: events.length });
    return events[0]?.sequence;
  }
}

/** Undefined when it could not be kept. */
async function tellIn(deps: AnnounceDependencies, write: RowChange): Promise<Announcement[] | undefined> {
  try {
    const change = changeIn(write.before, write.after);
    const told = change ? [changeEvent(await deps.changes.keep(await withPaths(deps, write, change)), write)] : [];
    return [...told, ...findingsIn(write)];
  } catch (error) {
    deps.journal.record({ code: 'CHANGE_NOT_KEPT', cause: nameOf(error) });
    return undefined;
  }
}

function changeEvent(change: Change, { sequence }: RowChange): Announcement {
  const type = `Assistant ${change.action[0]?.toUpperCase()}${change.action.slice(1)}`;
  return { type, detail: { version: 1, ...change }, subject: `${change.orgId}/${change.role}`, sequence };
}

async function withPaths({ specs }: AnnounceDependencies, write: RowChange, change: BareChange): Promise<Change> {
  if (change.action === 'removed') return { ...change, paths: [] };
  const linked = linkedPaths(write.before, write.after);
  if (change.action === 'linked') return { ...change, paths: linked };
  const [before, after] = await Promise.all(
    [change.from, change.to].map((hash) => (hash ? specs.load(change, hash) : undefined)),
  );
  if (!after) return { ...change, paths: [] };
  const isNew = change.action === 'created' || change.action === 'adopted' || !before;
  return { ...change, paths: isNew ? declaredPaths(after) : changedPaths(before, after) };
}

/** A finding is told when it appears, and when it goes. */
function findingsIn({ before, after, sequence }: RowChange): Announcement[] {
  const [was, is] = [before?.drift, after?.drift];
  if (isSameFinding(was, is)) return [];
  const gone = was ? [findingEvent('Drift Resolved', { row: after ?? before, state: was, sequence })] : [];
  const found = is ? [findingEvent('Drift Found', { row: after, state: is, sequence })] : [];
  return [...gone, ...found];
}

function isSameFinding(a: DriftState | undefined, b: DriftState | undefined): boolean {
  return a?.class === b?.class && a?.since === b?.since;
}

function findingEvent(
  type: 'Drift Found' | 'Drift Resolved',
  { row, state, sequence }: { row: AssistantMapping | undefined; state: DriftState; sequence: string },
): Announcement {
  const { orgId = '', role = '', assistantId = null, updatedAt = state.since } = row ?? {};
  const { runId, class: name, fields, since } = state;
  const at = type === 'Drift Found' ? since : updatedAt;
  const id = `${type === 'Drift Found' ? 'found' : 'resolved'}-${runId}-${orgId}-${role}-${name}`;
  const detail = { version: 1 as const, id, at, runId, orgId, role, assistantId, class: name, fields };
  return { type, detail, subject: `${orgId}/${role}`, sequence };
}
