import type { CurrentRun, Run, RunStore } from './run.ts';

/** A run in which nothing was finished for so long is given up, in ms. */
const ALIVE_MS = 45 * 60_000;

/** What starting needs to know of a kind of long work. */
export interface Starting<R extends Run, Change> {
  runs: RunStore<R, Change>;
  isOver(run: R): boolean;
  /** Gives a run up that stands still. */
  giveUp(run: R): Promise<void>;
}

type Started = { kind: 'started' } | { kind: 'running'; runId: string };

/** ISO 8601: a run that has finished nothing since then, seen from `now` (epoch ms), stands still. */
export function aliveSince(now: number): string {
  return new Date(now - ALIVE_MS).toISOString();
}

/**
 * Starts a run, unless one is going on that was alive since then; then that one's id comes back. One that stands still
 * is given up.
 */
export async function startUnlessRunning<R extends Run, Change>(
  starting: Starting<R, Change>,
  run: R,
  since: string,
): Promise<Started> {
  const { runs } = starting;
  const { runId, startedAt: at } = run;
  const current = await runs.current();
  if (current && (await isAlive(starting, current, since))) {
    return { kind: 'running', runId: current.runId };
  }
  const isOurs = await runs.makeCurrent({ runId, at }, current);
  // A request that was sent twice loses against itself.
  const winner = isOurs ? undefined : await runs.current();
  if (winner && winner.runId !== runId) return { kind: 'running', runId: winner.runId };
  await runs.create(run);
  return { kind: 'started' };
}

/** A run that is named and not there is just being started. */
async function isAlive<R extends Run, Change>(
  { runs, isOver, giveUp }: Starting<R, Change>,
  current: CurrentRun,
  since: string,
): Promise<boolean> {
  const other = await runs.read(current.runId);
  if (!other) return current.at >= since;
  if (isOver(other)) return false;
  if (other.updatedAt >= since) return true;
  await giveUp(other);
  return false;
}
