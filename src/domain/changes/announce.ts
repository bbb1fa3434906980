import { type Journal, nameOf } from '../journal.ts';
import type { SpecStore } from '../mapping/stores.ts';
import type { Announcement, TableWrite } from './announcement.ts';
import { type BareChange, changeIn, linkedPaths } from './change.ts';
import type { ChangeStore } from './change-store.ts';
import { changedPaths, declaredPaths } from './changed-paths.ts';
import { findingsIn } from './told-finding.ts';
import { rolloutEventsIn } from './told-rollout.ts';

/** An event, the write that it tells of, and its size. */
type Sequenced = Announcement & { sequence: string; bytes: number };

/** The event bus of the stage. */
export interface EventBus {
  /** Sends at most ten events, no two of one subject. Returns the indices of those that were not accepted. */
  put(events: readonly Announcement[]): Promise<readonly number[]>;
}

export interface AnnounceDependencies {
  changes: ChangeStore;
  specs: SpecStore;
  bus: EventBus;
  journal: Journal;
}

/**
 * The most events, and bytes, in one request to EventBridge: its limit is 256 KB, with room left for what is around the
 * details.
 */
const AT_ONCE = 10;
const MOST_BYTES = 240 * 1024;

/**
 * Tells what the writes of a stream did: stores each change, then sends its event. Returns the first write that has to
 * come again, with all after it; undefined when all were told. What is told twice has the same id and content, and no
 * event is sent before an earlier one of the same assistant that was not accepted.
 */
export async function announce(deps: AnnounceDependencies, writes: readonly TableWrite[]): Promise<string | undefined> {
  const announcements: Sequenced[] = [];
  let unkept: string | undefined;
  for (const write of writes) {
    const told = await tellIn(deps, write);
    if (!told) {
      unkept = write.sequence;
      break;
    }
    announcements.push(...told.map((announcement) => sequenced(announcement, write)));
  }
  for (const batch of batchesOf(announcements)) {
    const failed = await send(deps, batch);
    if (failed !== undefined) return failed;
  }
  return unkept;
}

function sequenced(announcement: Announcement, { sequence }: TableWrite): Sequenced {
  return { ...announcement, sequence, bytes: Buffer.byteLength(JSON.stringify(announcement.detail)) };
}

/** Batches in order, no two events of one assistant in any of them: the bus may accept any part of a batch. */
function batchesOf(announcements: readonly Sequenced[]): Sequenced[][] {
  const batches: Sequenced[][] = [];
  for (const announcement of announcements) {
    const last = batches.at(-1);
    if (last && fits(last, announcement)) last.push(announcement);
    else batches.push([announcement]);
  }
  return batches;
}

function fits(batch: readonly Sequenced[], { subject, bytes }: Sequenced): boolean {
  const all = batch.reduce((sum, one) => sum + one.bytes, bytes);
  return batch.length < AT_ONCE && all <= MOST_BYTES && batch.every((one) => one.subject !== subject);
}

/** Sends a batch. Returns the first write whose event was not accepted. */
async function send({ bus, journal }: AnnounceDependencies, events: readonly Sequenced[]): Promise<string | undefined> {
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

/** The events of a write; undefined when its change could not be stored. */
async function tellIn(deps: AnnounceDependencies, write: TableWrite): Promise<Announcement[] | undefined> {
  try {
    if (write.kind === 'rollout') return rolloutEventsIn(write);
    const changed = write.kind === 'mapping' ? await keepChange(deps, write) : [];
    return [...changed, ...findingsIn(write)];
  } catch (error) {
    deps.journal.record({ code: 'CHANGE_NOT_KEPT', cause: nameOf(error) });
    return undefined;
  }
}

async function keepChange(deps: AnnounceDependencies, write: RowWrite): Promise<Announcement[]> {
  const found = changeIn(write.before, write.after);
  if (!found) return [];
  const change = await deps.changes.keep({ ...found, paths: await pathsOf(deps, write, found) });
  const type = `Assistant ${change.action[0]?.toUpperCase()}${change.action.slice(1)}`;
  return [{ type, detail: { version: 1, ...change }, subject: `${change.orgId}/${change.role}` }];
}

type RowWrite = TableWrite & { kind: 'mapping' };

async function pathsOf(
  { specs }: AnnounceDependencies,
  { before, after }: RowWrite,
  change: BareChange,
): Promise<readonly string[]> {
  if (change.action === 'removed') return [];
  if (change.action === 'linked') return linkedPaths(before, after);
  const [was, is] = await Promise.all(
    [change.from, change.to].map((hash) => (hash ? specs.load(change, hash) : undefined)),
  );
  if (!is) return [];
  const isNew = change.action === 'created' || change.action === 'adopted' || !was;
  return isNew ? declaredPaths(is) : changedPaths(was, is);
}
