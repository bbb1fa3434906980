import { nameOf } from '../../journal.ts';
import { Problem } from '../../problem.ts';
import { isoNow } from '../../runtime.ts';
import type { TaskEnd } from '../../task.ts';
import type { DriftCall, DriftDependencies } from '../drift-dependencies.ts';
import type { Finding } from '../finding.ts';
import { AT_THE_START, type DriftRun, type Unit } from '../runs.ts';
import { forgetKey } from '../scope-account.ts';
import { newTally, tallyFinding } from '../tally.ts';
import { addTotals } from '../totals.ts';
import { finishUnit } from './finish-unit.ts';
import { positionAfter, type Step, scopeAt, takeStep } from './step.ts';

/** A step is not begun with less than this left, in ms. */
const STEP_MS = 12_000;

/** The longest that a task is put back for, in seconds (SQS allows 900). */
const LONGEST_DELAY_S = 900;

/**
 * Checks a unit page by page, noting after each how far it came: a task that dies, comes twice or comes late goes on from
 * there, and of two on the same unit one gives way. When time runs out the rest is another task. What cannot be checked
 * after several attempts is reported as unknown, so that every run comes to its end.
 */
export async function checkUnit(deps: DriftDependencies, call: DriftCall, number: number): Promise<TaskEnd> {
  const run = await deps.runs.read(call.runId);
  let unit = await deps.units.read(call.runId, number);
  if (!run || !unit || run.status === 'closed' || run.status === 'abandoned') return done('over');
  while (!unit.isDone) {
    if (call.deadline.remainingMs() < STEP_MS) {
      await deps.tasks.send({ kind: 'drift-window', runId: run.runId, unit: number });
      return done('continued');
    }
    const next = await advance(deps, call, { run, unit });
    if (next.kind === 'wait') return next.end;
    if (next.kind === 'overtaken') return done('overtaken');
    unit = next.unit;
  }
  return done(await finishUnit(deps, call, unit));
}

function done(outcome: string): TaskEnd {
  return { kind: 'done', outcome };
}

type Advance = { kind: 'on'; unit: Unit } | { kind: 'overtaken' } | { kind: 'wait'; end: TaskEnd };

async function advance(
  deps: DriftDependencies,
  call: DriftCall,
  { run, unit }: { run: DriftRun; unit: Unit },
): Promise<Advance> {
  try {
    return await record(deps, unit, await takeStep({ deps, call, run, unit }));
  } catch (error) {
    return await afterFailure(deps, call, { unit, error });
  }
}

/** Findings first: a step that is repeated finds them again under the same ids. */
async function record(deps: DriftDependencies, unit: Unit, step: Step): Promise<Advance> {
  const { findings, position, isDone } = step;
  await deps.findings.save(unit.runId, findings);
  const totals = addTotals(unit.totals, step.totals);
  const committed = await deps.units.commit(unit, { position, isDone, totals, failures: 0 });
  return committed ? { kind: 'on', unit: committed } : { kind: 'overtaken' };
}

/** Once more, later, and after enough of that without this part of the fleet: one scope's failure is one line. */
async function afterFailure(
  deps: DriftDependencies,
  { journal, runId }: DriftCall,
  { unit, error }: { unit: Unit; error: unknown },
): Promise<Advance> {
  const cause = error instanceof Problem ? error.code : nameOf(error);
  const failures = unit.failures + 1;
  const scope = scopeAt(unit) ?? 'platform';
  journal.record({ code: 'DRIFT_STEP_FAILED', runId, scope, cause, failures });
  const repeat = repeatOf(error);
  if (repeat === 'with-new-key') forgetKey(deps, scope);
  const most = repeat === 'with-new-key' ? 2 : deps.limits.maxFailures;
  if (repeat === 'never' || failures >= most) {
    return await record(deps, unit, unknownStep(deps, unit, { cause, error }));
  }
  const committed = await deps.units.commit(unit, { failures });
  if (!committed) return { kind: 'overtaken' };
  if (repeat === 'with-new-key') return { kind: 'on', unit: committed };
  return { kind: 'wait', end: { kind: 'later', reason: cause, afterSeconds: delayAfter(error) } };
}

/** A key that was changed is read anew at once; a secret that is wrong does not get right by waiting. */
function repeatOf(error: unknown): 'later' | 'with-new-key' | 'never' {
  if (!(error instanceof Problem)) return 'later';
  if (error.code === 'VAPI_UNAUTHORIZED') return 'with-new-key';
  return error.retryable ? 'later' : 'never';
}

function delayAfter(error: unknown): number {
  const asked = error instanceof Problem ? error.retryAfterSeconds : undefined;
  return Math.min(asked ?? 1, LONGEST_DELAY_S);
}

function unknownStep(
  { runtime }: DriftDependencies,
  unit: Unit,
  { cause, error }: { cause: string; error: unknown },
): Step {
  const scope = scopeAt(unit) ?? 'platform';
  const tally = newTally();
  const finding: Finding = {
    id: scope === 'platform' ? `${scope}#unit-${unit.number}` : scope,
    class: 'unknown',
    scope,
    ...(scope === 'platform' ? {} : { orgId: scope.slice('org:'.length) }),
    cause,
    // Vapi's own words could quote what was sent.
    detail: error instanceof Problem && error.code !== 'VAPI_REJECTED' ? error.message : 'See the log of this run.',
    mode: 'report',
    foundAt: isoNow(runtime),
  };
  tallyFinding(tally, finding);
  const next = positionAfter(unit);
  return { ...tally, position: next ?? AT_THE_START, isDone: next === undefined };
}
