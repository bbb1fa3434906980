import { useEffect, useSyncExternalStore } from 'preact/compat';
import { orThrow } from '../../../client/index.ts';
import type { Status } from '../common/api-types.ts';
import { addressOf } from '../common/parts.tsx';
import { service } from '../common/service.ts';

/** An assistant in the table, with the text that the filter looks through. */
export interface FleetRow {
  status: Status;
  address: string;
  text: string;
}

/** The part of the fleet that is loaded. */
export interface Fleet {
  rows: readonly FleetRow[];
  state: 'loading' | 'ready' | 'failed';
  error?: unknown;
}

const PAGE = 200;

/** The fleet is kept when its page is left, so that going back shows it at once. */
let fleet: Fleet | undefined;
let reading = new AbortController();
const watchers = new Set<() => void>();

/** The fleet, which is loaded page by page, and a way to load it again. */
export function useFleet(): { fleet: Fleet; reload: () => void } {
  const known = useSyncExternalStore(watch, () => fleet);
  useEffect(() => {
    if (!fleet || fleet.state === 'failed') void readFleet();
  }, []);
  return { fleet: known ?? NOTHING_YET, reload: () => void readFleet() };
}

const NOTHING_YET: Fleet = { rows: [], state: 'loading' };

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

function show(next: Fleet): void {
  fleet = next;
  for (const watcher of watchers) watcher();
}

async function readFleet(): Promise<void> {
  reading.abort();
  reading = new AbortController();
  const { signal } = reading;
  let rows: readonly FleetRow[] = [];
  show({ rows, state: 'loading' });
  try {
    for await (const items of pages(signal)) {
      rows = [...rows, ...items.map(rowOf)];
      if (!signal.aborted) show({ rows, state: 'loading' });
    }
    if (!signal.aborted) show({ rows, state: 'ready' });
  } catch (error) {
    if (!signal.aborted) show({ rows, state: 'failed', error });
  }
}

async function* pages(signal: AbortSignal): AsyncGenerator<Status[]> {
  let cursor: string | undefined;
  do {
    const query = cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor };
    const page = orThrow(await service.GET('/assistants', { params: { query }, signal }));
    yield page.items;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

/** Updates the row of an assistant. */
export function renewRow(status: Status): void {
  const address = addressOf(status);
  if (!fleet?.rows.some((row) => row.address === address)) return;
  show({ ...fleet, rows: fleet.rows.map((row) => (row.address === address ? rowOf(status) : row)) });
}

/** Makes a row of an assistant. */
export function rowOf(status: Status): FleetRow {
  const { orgId, role, state, drift, live, template, summary } = status;
  const words = [orgId, role, state, drift?.class, live, template?.id, summary?.name, summary?.model, summary?.voice];
  return { status, address: addressOf(status), text: words.filter(Boolean).join(' ').toLowerCase() };
}
