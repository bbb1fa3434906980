import type { Journal } from '../journal.ts';
import type { Deadline } from '../runtime.ts';
import { CLAIM_MARGIN_MS, SETTLE_MS } from '../timing.ts';
import { type CleanedUp, cleanUp } from './clean-up/clean-up.ts';
import { removeEarlierRuns } from './clean-up/earlier-runs.ts';
import { explain } from './expectations.ts';
import { type ScenarioResult, tally, type VerificationReport } from './report.ts';
import { runIdFrom, throwAwayOrganisation, type VerificationRun } from './run.ts';
import { credentialFallback } from './scenarios/credential-fallback.ts';
import { idempotency } from './scenarios/idempotency.ts';
import { loggingAndErrors } from './scenarios/logging-and-errors.ts';
import { notFoundRecovery } from './scenarios/not-found-recovery.ts';
import { voiceNormalisation } from './scenarios/voice-normalisation.ts';
import type { Scenario, Stage, VerificationDependencies, VerificationKeys } from './stage.ts';
import { throwAwayToolHashes } from './throw-away-tool.ts';
import { findKeys } from './verification-keys.ts';

export const SCENARIOS: readonly Scenario[] = [
  voiceNormalisation,
  credentialFallback,
  idempotency,
  notFoundRecovery,
  loggingAndErrors,
];

interface VerificationCall extends VerificationDependencies {
  operationId: string;
  journal: Journal;
  deadline: Deadline;
  /** The scenarios to run; by default all. */
  scenarios?: readonly Scenario[];
  /** Called with each result as soon as there is one. */
  onResult?: (result: ScenarioResult) => void;
}

/** Kept back from the time of the scenarios for removing what they made, in ms. */
const CLEAN_UP_MS = 8_000;

/** Kept back from the time of the clean-up for the answer, in ms. */
const ANSWER_MS = 1_000;

/**
 * Runs all scenarios side by side, each on organisations that are made for it and removed afterwards, whatever happens,
 * and cleans up after earlier runs. Always returns a report: when nothing works, every scenario fails.
 */
export async function verifyService(call: VerificationCall): Promise<VerificationReport> {
  const { runtime } = call.sync;
  const started = runtime.now();
  const run = newRun(call);
  const played = await prepareAndPlay(call, run);
  return {
    operationId: call.operationId,
    runId: run.runId,
    startedAt: run.startedAt,
    durationMs: runtime.now() - started,
    ...tally(played.results),
    ...played,
  };
}

type Played = Pick<VerificationReport, 'results' | 'cleanup'>;

function newRun({ sync: { runtime }, deadline, scenarios = SCENARIOS }: VerificationCall): VerificationRun {
  const now = runtime.now();
  const runId = runIdFrom(runtime.uniqueId());
  const longest = deadline.remainingMs() + CLAIM_MARGIN_MS + SETTLE_MS;
  return {
    runId,
    organisations: scenarios.flatMap(({ purposes }) => purposes).map((name) => throwAwayOrganisation(runId, name)),
    toolHashes: throwAwayToolHashes({ runId }),
    startedAt: new Date(now).toISOString(),
    endsBefore: new Date(now + longest).toISOString(),
  };
}

/** The run is recorded before anything is made: only recorded runs are cleaned up. */
async function prepareAndPlay(call: VerificationCall, run: VerificationRun): Promise<Played> {
  try {
    const keys = await findKeys(call.sync);
    await call.runs.open(run);
    return await playAll(call, { run, keys });
  } catch (error) {
    const message = `Nothing was tried: ${explain(error)}`;
    const results = (call.scenarios ?? SCENARIOS).map(({ name }) =>
      failed({ name, durationMs: 0, message, details: {} }),
    );
    for (const result of results) announce(call, result);
    return { results, cleanup: { earlierRunsRemoved: [], left: [] } };
  }
}

interface Setting {
  run: VerificationRun;
  keys: VerificationKeys;
}

async function playAll(call: VerificationCall, setting: Setting): Promise<Played> {
  const cleaning = { ...call, keys: setting.keys, deadline: sooner(call.deadline, ANSWER_MS) };
  const [plays, earlier] = await Promise.all([
    Promise.all((call.scenarios ?? SCENARIOS).map((scenario) => play(call, { ...setting, scenario }))),
    removeEarlierRuns(call, cleaning),
  ]);
  const left = plays.flatMap((played) => played.left);
  if (left.length === 0) await closeQuietly(call, setting.run);
  else call.journal.record({ code: 'LEFTOVERS_KEPT', runId: setting.run.runId, count: left.length });
  return {
    results: plays.map(({ result }) => result),
    cleanup: { earlierRunsRemoved: earlier.removed, left: [...left, ...earlier.left] },
  };
}

/** When the run cannot be closed, the next run finds it empty and closes it. */
async function closeQuietly({ runs, journal }: VerificationCall, run: VerificationRun): Promise<void> {
  try {
    await runs.close(run);
  } catch {
    journal.record({ code: 'LEFTOVERS_KEPT', runId: run.runId, count: 1 });
  }
}

async function play(
  call: VerificationCall,
  setting: Setting & { scenario: Scenario },
): Promise<{ result: ScenarioResult; left: readonly string[] }> {
  const { scenario, keys } = setting;
  const { runtime } = call.sync;
  const started = runtime.now();
  const stage = openStage(call, setting);
  const shown = await showing(scenario, stage);
  const cleaned = await cleanUp({
    ...call,
    run: stage.run,
    keys,
    journal: call.journal,
    deadline: sooner(call.deadline, ANSWER_MS),
    nextOperationId: stage.nextOperationId,
  });
  const end = { name: scenario.name, durationMs: runtime.now() - started, details: stage.details };
  const message = withoutKeys(conclusion(shown, cleaned), keys);
  const isPassed = shown.kind === 'shown' && cleaned.unclean.length === 0 && cleaned.left.length === 0;
  const result: ScenarioResult = isPassed ? { ...end, status: 'PASS', message } : failed({ ...end, message });
  announce(call, result);
  return { result, left: cleaned.left.map((text) => withoutKeys(text, keys)) };
}

function openStage(call: VerificationCall, { run, keys, scenario }: Setting & { scenario: Scenario }): Stage {
  let calls = 0;
  return {
    deps: call,
    keys,
    run: {
      ...run,
      organisations: scenario.purposes.map((purpose) => throwAwayOrganisation(run.runId, purpose)),
      toolHashes: scenario.usesTool ? run.toolHashes : [],
    },
    scenario: scenario.name,
    deadline: sooner(call.deadline, CLEAN_UP_MS),
    details: {},
    nextOperationId: () => {
      calls += 1;
      return `verify-${run.runId}:${scenario.name}:${calls}`;
    },
  };
}

type Shown = { kind: 'shown'; message: string } | { kind: 'failed'; message: string };

async function showing(scenario: Scenario, stage: Stage): Promise<Shown> {
  try {
    return { kind: 'shown', message: await scenario.show(stage) };
  } catch (error) {
    return { kind: 'failed', message: explain(error) };
  }
}

/** A scenario counts only when what it made could be removed in the ordinary way: that is part of what it shows. */
function conclusion({ kind, message }: Shown, { unclean, left }: CleanedUp): string {
  if (kind === 'failed') return message;
  if (left.length > 0) return `Could not be removed again:\n${left.join('\n')}`;
  return unclean.length > 0 ? `Was not removed cleanly:\n${unclean.join('\n')}` : message;
}

function failed(result: Omit<ScenarioResult, 'status'>): ScenarioResult {
  return { ...result, status: 'FAIL' };
}

/** Masks keys: messages quote answers, and an answer that leaks a key must not leak it again in the report. */
function withoutKeys(text: string, { platform, own }: VerificationKeys): string {
  const masked = platform.maskIn(text);
  return own ? own.maskIn(masked) : masked;
}

function announce({ journal, onResult }: VerificationCall, result: ScenarioResult): void {
  const { name: scenario, status, durationMs } = result;
  journal.record({ code: status === 'PASS' ? 'SCENARIO_PASSED' : 'SCENARIO_FAILED', scenario, durationMs });
  onResult?.(result);
}

/** The same deadline, this many ms earlier. */
function sooner(deadline: Deadline, ms: number): Deadline {
  return { remainingMs: () => Math.max(0, deadline.remainingMs() - ms) };
}
