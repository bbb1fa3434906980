import type { LongWork } from '../../long-work/long-work.ts';
import { isoNow } from '../../runtime.ts';
import type { DriftCall } from '../drift-dependencies.ts';
import { type DriftRun, type DriftUnit, isOver, laneOf } from '../runs.ts';
import { noteStrays } from '../strays.ts';
import { addTotals } from '../totals.ts';
import { afterFailure } from './after-failure.ts';
import { endCheck } from './end-check.ts';
import { nextUnit } from './next-unit.ts';
import { takeStep } from './step.ts';

/** A step is not begun with less than this left, in ms. */
const STEP_MS = 12_000;

/** The check of a fleet as long work: a unit is a stretch of an account, a step is one page of it. */
export function driftWork(call: DriftCall): LongWork<DriftRun, DriftUnit> {
  const { runtime, tasks, runs, units, limits, findings } = call;
  return {
    runtime,
    tasks,
    runs,
    units,
    parallelUnits: limits.parallelWindows,
    stepMs: STEP_MS,
    planTask: (runId) => ({ kind: 'drift-plan', runId }),
    unitTask: (runId, unit) => ({ kind: 'drift-window', runId, unit }),
    isOver,
    isPlanned: ({ status }) => status !== 'planning',
    nextUnit: (run, planned) => nextUnit(call, run, planned),
    begin: async (run, unitCount) => {
      await runs.advance(run, { status: 'checking', unitCount, updatedAt: isoNow(runtime) });
    },
    laneOf,
    // Findings are stored first: a repeated step finds them again under the same ids.
    takeStep: async (run, unit) => {
      const step = await takeStep(call, { run, unit });
      await findings.save(unit.runId, step.findings);
      await noteStrays(call, unit.runId, step.findings);
      return step;
    },
    afterFailure: (unit, failed) => afterFailure(call, { unit, ...failed }),
    addTotals,
    end: (run) => endCheck(call, run),
  };
}
