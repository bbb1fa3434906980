import { newRunId } from '../../long-work/run.ts';
import { aliveSince, type Starting, startUnlessRunning } from '../../long-work/start-run.ts';
import type { DriftCall, DriftStart } from '../drift-dependencies.ts';
import type { RunMode } from '../mode.ts';
import { type DriftRun, isOver } from '../runs.ts';

type Started = { kind: 'started' | 'running'; runId: string };

/** Starts a run, unless one is going on. The work itself is done by tasks. Throws when it cannot be queued. */
export async function startRun(
  deps: DriftStart,
  { journal }: Pick<DriftCall, 'journal'>,
  { trigger, mode }: { trigger: DriftRun['trigger']; mode: RunMode },
): Promise<Started> {
  const now = deps.runtime.now();
  const startedAt = new Date(now).toISOString();
  const runId = newRunId(startedAt, deps.runtime);
  const run: DriftRun = { runId, trigger, mode, status: 'planning', startedAt, updatedAt: startedAt, done: [] };
  const since = aliveSince(now);
  const name = { runId, at: startedAt };
  const result = await startUnlessRunning(starting(deps, { at: startedAt, since }), { run, name, since });
  if (result.kind === 'running') return result;
  journal.record({ code: 'DRIFT_RUN_STARTED', runId, trigger, mode: mode.standard });
  try {
    await deps.tasks.send({ kind: 'drift-plan', runId });
  } catch (error) {
    await deps.runs.advance(run, { status: 'abandoned', updatedAt: startedAt });
    throw error;
  }
  return { kind: 'started', runId };
}

function starting({ runs }: DriftStart, { at, since }: { at: string; since: string }): Starting<DriftRun> {
  const giveUp = async (run: DriftRun) => {
    await runs.advance(run, { status: 'abandoned', updatedAt: at });
  };
  return { runs, isOver, standsStill: ({ updatedAt }) => updatedAt < since, giveUp };
}
