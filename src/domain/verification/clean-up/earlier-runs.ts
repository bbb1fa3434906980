import { type Journal, nameOf } from '../../journal.ts';
import type { Deadline } from '../../runtime.ts';
import type { VerificationRun } from '../run.ts';
import type { VerificationDependencies, VerificationKeys } from '../stage.ts';
import { cleanUp } from './clean-up.ts';

/** The most earlier runs that one run cleans up after: the rest waits for the next. */
const AT_MOST = 3;

/** The outcome: ids of the runs that are removed, and what is left, in sentences. */
interface EarlierRuns {
  removed: string[];
  left: string[];
}

interface Cleaning {
  keys: VerificationKeys;
  deadline: Deadline;
  journal: Journal;
}

/** Cleans up after runs that ended without doing so. A run that may still be going on is left alone. Never throws. */
export async function removeEarlierRuns(deps: VerificationDependencies, cleaning: Cleaning): Promise<EarlierRuns> {
  const outcome: EarlierRuns = { removed: [], left: [] };
  try {
    const now = deps.sync.runtime.now();
    const over = (await deps.runs.list()).filter(({ endsBefore }) => Date.parse(endsBefore) < now);
    for (const run of over.slice(0, AT_MOST)) await removeRun(deps, cleaning, { run, outcome });
  } catch (error) {
    outcome.left.push(`Earlier runs: ${nameOf(error)}`);
  }
  return outcome;
}

async function removeRun(
  deps: VerificationDependencies,
  cleaning: Cleaning,
  { run, outcome }: { run: VerificationRun; outcome: EarlierRuns },
): Promise<void> {
  const { runId } = run;
  let calls = 0;
  const nextOperationId = () => {
    calls += 1;
    return `verify-${runId}:clean-up:${calls}`;
  };
  const { left } = await cleanUp({ ...deps, ...cleaning, run, nextOperationId });
  if (left.length > 0) {
    cleaning.journal.record({ code: 'LEFTOVERS_KEPT', runId, count: left.length });
    outcome.left.push(...left.map((text) => `Run ${runId}: ${text}`));
    return;
  }
  await deps.runs.close(run);
  cleaning.journal.record({ code: 'LEFTOVERS_REMOVED', runId });
  outcome.removed.push(runId);
}
