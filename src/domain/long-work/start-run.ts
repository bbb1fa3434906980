import type { CurrentRun } from './run.ts';

/** A drift run in which nothing was finished for so long is given up, in ms. */
const ALIVE_MS = 45 * 60_000;

/** What starting needs to know of a kind of long work. */
export interface Starting<R> {
  runs: {
    current(): Promise<CurrentRun | undefined>;
    makeCurrent(run: CurrentRun, replaces: CurrentRun | undefined): Promise<boolean>;
    read(runId: string): Promise<R | undefined>;
    create(run: R): Promise<void>;
  };
  /** `named`: as it is named now. */
  isOver(run: R, named: CurrentRun): boolean;
  /** True for a run that nobody works on any more. */
  standsStill(run: R): boolean;
  /** Gives a run up that stands still. */
  giveUp(run: R): Promise<void>;
}

type Started = { kind: 'started' } | { kind: 'running'; runId: string };

/** ISO 8601: a run that has finished nothing since then, seen from `now` (epoch ms), stands still. */
export function aliveSince(now: number): string {
  return new Date(now - ALIVE_MS).toISOString();
}

/**
 * Starts a run under a name, unless one is going on; then that one's id comes back. One that stands still is given up.
 * A run that is named and not there is just being started, if it was named after `since` (ISO 8601).
 */
export async function startUnlessRunning<R>(
  starting: Starting<R>,
  { run, name, since }: { run: R; name: CurrentRun; since: string },
): Promise<Started> {
  const { runs } = starting;
  const current = await runs.current();
  if (current && (await isAlive(starting, current, since))) return { kind: 'running', runId: current.runId };
  const isOurs = await runs.makeCurrent(name, current);
  // A request that was sent twice loses against itself.
  const winner = isOurs ? undefined : await runs.current();
  if (winner && winner.runId !== name.runId) return { kind: 'running', runId: winner.runId };
  await runs.create(run);
  return { kind: 'started' };
}

async function isAlive<R>(
  { runs, isOver, standsStill, giveUp }: Starting<R>,
  current: CurrentRun,
  since: string,
): Promise<boolean> {
  const other = await runs.read(current.runId);
  if (!other) return current.at >= since;
  if (isOver(other, current)) return false;
  if (!standsStill(other)) return true;
  await giveUp(other);
  return false;
}
