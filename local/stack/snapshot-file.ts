import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from './error-code.ts';

/** Keeps one JSON document on disk for a stand-in. */
export type SnapshotFile = {
  /** The document of the last run, or undefined when there is none. */
  load(): unknown;
  /** Notes that the document changed: it is written within some 10 ms, later when it is large. */
  changed(): void;
  /** Writes unwritten changes, synchronously, so that it also works while the process exits. */
  flush(): void;
};

const SHORTEST_DELAY_MS = 10;

/**
 * A snapshot that is replaced by rename, so that a killed process leaves the old document or the new one, never half of
 * one. Writes are coalesced, and take at most a tenth of the time however large the document grows.
 */
export function openSnapshotFile(path: string, document: () => unknown): SnapshotFile {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true });
  const place = placeOf(directory);
  let timer: NodeJS.Timeout | undefined;
  let delayMs = SHORTEST_DELAY_MS;

  function write(): void {
    clearTimeout(timer);
    timer = undefined;
    // Whoever removed the directory wants to start over: old data must not come back.
    if (placeOf(directory) !== place) return;
    const startedAt = performance.now();
    const draft = `${path}.${process.pid}.new`;
    writeFileSync(draft, JSON.stringify(document()));
    renameSync(draft, path);
    delayMs = Math.max(SHORTEST_DELAY_MS, 10 * (performance.now() - startedAt));
  }

  return {
    load: () => readDocument(path),
    changed: () => {
      timer ??= setTimeout(write, delayMs);
    },
    flush: () => {
      if (timer) write();
    },
  };
}

/** Identifies a directory, also against a later one of the same name; undefined when there is none. */
function placeOf(directory: string): string | undefined {
  const found = statSync(directory, { throwIfNoEntry: false });
  return found && `${found.ino} ${found.birthtimeMs}`;
}

/** A stand-in without a file: everything lives in memory. */
export function noSnapshotFile(): SnapshotFile {
  return { load: () => undefined, changed: () => {}, flush: () => {} };
}

function readDocument(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new Error(`${path} is unreadable. Delete it to start with empty data.`, { cause: error });
  }
}
