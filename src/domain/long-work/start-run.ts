import type { CurrentRun } from './run.ts';

/** A drift run that has finished nothing for this long is given up, in ms. */
const ALIVE_MS = 45 * 60_000;

/** What starting a run needs to know of its kind. */
export interface Starting<R> {
  runs: {
    current(): Promise<CurrentRun | undefined>;
    makeCurrent(run: CurrentRun, replaces: CurrentRun | undefined): Promise<boolean>;
    read(runId: string): Promise<R | undefined>;
    create(run: R): Promise<void>;
  };
  /** `named`: how the run is named as the current one. */
  isOver(run: R, named: CurrentRun): boolean;
  /** True for a run that makes no progress any more. */
  standsStill(run: R): boolean;
  /** Ends a run that makes no progress. */
  giveUp(run: R): Promise<void>;
}

type Started = { kind: 'started' } | { kind: 'running'; runId: string };

/**
 * The moment (ISO 8601) since which a drift run must have finished something at `now` (epoch ms) not to be given up.
 */
export function aliveSince(now: number): string {
  return new Date(now - ALIVE_MS).toISOString();
}

/**
 * Starts a run and names it as the current one, unless another run is going on: then returns the id of that one. A
 * current run without progress is given up. A current run that is not stored yet is being started, if it was named
 * after `since` (ISO 8601).
 */
export async function startUnlessRunning<R>(
  starting: Starting<R>,
  { run, name, since }: { run: R; name: CurrentRun; since: string },
): Promise<Started> {
  const { runs } = starting;
  const current = await runs.current();
  if (current && (await isAlive(starting, current, since))) return { kind: 'running', runId: current.runId };
  const isOurs = await runs.makeCurrent(name, current);
  // The SDK may have sent the write twice, and the second one fails on the success of the first.
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
