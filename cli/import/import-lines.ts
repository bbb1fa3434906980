import pMap from 'p-map';
import type { Journal } from '../../src/domain/journal.ts';
import type { SyncDependencies } from '../../src/domain/operation.ts';
import { Problem } from '../../src/domain/problem.ts';
import type { Runtime } from '../../src/domain/runtime.ts';
import { type ImportResult, importAssistant } from '../../src/domain/sync/import/import-assistant.ts';
import type { Line } from './read-lines.ts';

export type LineOutcome = ImportResult | { kind: 'failed'; why: string };

export interface Bulk {
  lines: readonly Line[];
  observeOnly: boolean;
  /** True: our metadata is written to the assistants. */
  mark?: boolean;
  /** Lines under way at a time. */
  concurrency: number;
  journal: Journal;
  onOutcome: (line: Line, outcome: LineOutcome) => void;
  /** True: no further line is begun. */
  isStopped: () => boolean;
}

/** The time for one line, in ms: enough to wait for the claim of an interrupted import. */
const LINE_MS = 60_000;

/**
 * How often a temporary failure of Vapi or the table is tried again, each time after the pause that the problem names.
 */
const TRIES = 3;

/** Imports all lines, several at a time and each by itself. Resolves when the last one that was begun has ended. */
export async function importLines(deps: SyncDependencies, bulk: Bulk): Promise<void> {
  const importNext = async (line: Line) => {
    if (!bulk.isStopped()) bulk.onOutcome(line, await outcomeOf(deps, bulk, line));
  };
  await pMap(bulk.lines, importNext, { concurrency: bulk.concurrency });
}

async function outcomeOf(deps: SyncDependencies, bulk: Bulk, line: Line): Promise<LineOutcome> {
  if (line.kind === 'invalid') return { kind: 'failed', why: line.why };
  for (let tries = 1; ; tries += 1) {
    try {
      return await importOne(deps, bulk, line);
    } catch (error) {
      const pause = error instanceof Problem ? error.retryAfterSeconds : undefined;
      if (pause === undefined || tries === TRIES || bulk.isStopped()) return { kind: 'failed', why: reasonOf(error) };
      await deps.runtime.sleep(pause * 1000);
    }
  }
}

async function importOne(
  deps: SyncDependencies,
  { journal, observeOnly, mark = false }: Bulk,
  { key, assistantId }: Extract<Line, { kind: 'valid' }>,
): Promise<ImportResult> {
  const by = { kind: 'import', id: 'vapi-sync import' } as const;
  const operation = { id: deps.runtime.uniqueId(), key, by, journal, deadline: deadlineIn(LINE_MS, deps.runtime) };
  return await importAssistant({ ...deps, ...operation }, { assistantId, observeOnly, mark });
}

function deadlineIn(ms: number, { now }: Runtime): { remainingMs(): number } {
  const ends = now() + ms;
  return { remainingMs: () => Math.max(0, ends - now()) };
}

function reasonOf(error: unknown): string {
  if (error instanceof Problem) return `${error.code}: ${error.message}`;
  // An error of AWS names what is missing: the table, the permission, the region.
  return Error.isError(error) ? `${error.name}: ${error.message}` : 'unknown error';
}
