import { isoNow } from '../../runtime.ts';
import { TASK_MS, type TaskEnd } from '../../task.ts';
import type { DriftCall, DriftDependencies } from '../drift-dependencies.ts';
import type { Finding } from '../finding.ts';
import { closeRun } from '../run/close-run.ts';
import { sumUp } from '../run/end-check.ts';
import type { DriftRun, Healing } from '../runs.ts';
import { forgetStray } from '../strays.ts';
import { addTotals } from '../totals.ts';
import { type Healed, healFinding, isRemoval, planHeal } from './heal-finding.ts';

/** Findings that are handled between two notes of the progress. */
const AT_A_TIME = 10;

/** Healing goes on only with at least this much time left, in ms. */
const HEALING_MS = 12_000;

type HealingRun = DriftRun & { healing: Healing };

/**
 * Goes through the findings of a run and does about each what its mode and the brakes allow. Notes the progress: a task
 * that comes twice goes on from there, and of two at once one gives way. Closes the run at the end.
 */
export async function healRun(call: DriftCall): Promise<TaskEnd> {
  let run = await call.runs.read(call.runId);
  for (;;) {
    if (!isHealing(run)) return { kind: 'done', outcome: 'over' };
    const pause = await pauseBefore(call, run);
    if (pause) return pause;
    const { after } = run.healing;
    const page = await call.findings.page({ runId: run.runId, limit: AT_A_TIME, after });
    const healed = await healPage(call, { run, findings: page.items });
    if (!healed) return { kind: 'done', outcome: 'overtaken' };
    if (page.next === undefined) return await end(call, healed);
    run = await note(call, healed, { after: page.next });
  }
}

/**
 * How the task ends when it cannot go on with the next page: its time is short, or another task is removing something.
 */
async function pauseBefore({ tasks, runtime, deadline }: DriftCall, run: HealingRun): Promise<TaskEnd | undefined> {
  if (deadline.remainingMs() < HEALING_MS) {
    await tasks.send({ kind: 'drift-heal', runId: run.runId });
    return { kind: 'done', outcome: 'continued' };
  }
  const waitMs = underWayFor(run, runtime.now());
  if (waitMs <= 0) return undefined;
  return { kind: 'later', reason: 'REMOVAL_UNDER_WAY', afterSeconds: Math.ceil(waitMs / 1000) };
}

function isHealing(run: DriftRun | undefined): run is HealingRun {
  return run?.healing !== undefined && run.status === 'healing';
}

/** How long, in ms, a task may still run that has noted a removal and not its outcome: this task waits for it. */
function underWayFor({ healing, updatedAt }: HealingRun, now: number): number {
  return healing.removing === undefined ? 0 : Date.parse(updatedAt) + TASK_MS - now;
}

/** One conditional write. Undefined when another task has changed the run since it was read. */
async function note(
  { runs, runtime }: DriftDependencies,
  run: HealingRun,
  change: Partial<Healing>,
): Promise<HealingRun | undefined> {
  const healing = { ...run.healing, ...change, version: run.healing.version + 1 };
  const noted = await runs.advance(run, { healing, updatedAt: isoNow(runtime) });
  return isHealing(noted) ? noted : undefined;
}

async function end(call: DriftCall, run: HealingRun): Promise<TaskEnd> {
  const sums = await sumUp(call, run.runId);
  const totals = addTotals(sums.platform, sums.organisations);
  const { suspicious } = run.healing;
  return { kind: 'done', outcome: await closeRun(call, { run, totals, suspicious }) };
}

/** Undefined when another task has changed the run. */
async function healPage(
  call: DriftCall,
  { run, findings }: { run: HealingRun; findings: readonly Finding[] },
): Promise<HealingRun | undefined> {
  let current: HealingRun | undefined = run;
  for (const finding of findings) {
    current = await healOne(call, { run: current, finding });
    if (!current) return undefined;
  }
  return current;
}

/**
 * A removal is noted before it is made, and its outcome afterwards: so the limit on removals holds however often, and
 * beside which others, a task is performed. Everything else may be repeated, and is noted with its page.
 */
async function healOne(
  call: DriftCall,
  { run, finding }: { run: HealingRun; finding: Finding },
): Promise<HealingRun | undefined> {
  const isRepeated = run.healing.removing === finding.id;
  const before = isRepeated ? withoutReservation(run) : run;
  const act = await planHeal(call, { run: before, finding });
  if (!isRepeated && !isRemoval(act.plan)) {
    const healed = await healFinding(call, act);
    await keep(call, finding, { run, healed });
    return { ...run, healing: count(run.healing, healed) };
  }
  const reserved = isRepeated ? run : await note(call, run, reservation(run, finding));
  if (!reserved) return undefined;
  const healed = afterRepetition(await healFinding(call, act), isRepeated);
  if (healed.kind === 'removed') await forgetStray(call, run.runId, finding);
  await keep(call, finding, { run, healed });
  const { healing } = mayHaveRemoved(healed) ? reserved : withoutReservation(reserved);
  return await note(call, reserved, { ...count(healing, healed), removing: undefined, after: finding.id });
}

/** What is gone now was removed by the task that had noted the removal and crashed before it noted the outcome. */
function afterRepetition(healed: Healed, isRepeated: boolean): Healed {
  const isGone = healed.kind === 'kept' && (healed.why === 'gone' || healed.why === 'needs-a-put');
  return isRepeated && isGone ? { kind: 'removed' } : healed;
}

/** After a failure the outcome is unknown: it counts as one of the removals of the run. */
function mayHaveRemoved(healed: Healed): boolean {
  return healed.kind !== 'kept' || healed.isFailure === true;
}

function reservation({ healing }: HealingRun, { id }: Finding): Partial<Healing> {
  return { removing: id, removals: (healing.removals ?? healing.removed) + 1 };
}

/** The run as it was before the removal that is under way was noted. */
function withoutReservation(run: HealingRun): HealingRun {
  const { removals = 1, ...healing } = run.healing;
  return { ...run, healing: { ...healing, removals: removals - 1 } };
}

async function keep(
  { findings }: DriftDependencies,
  finding: Finding,
  { run, healed }: { run: HealingRun; healed: Healed },
): Promise<void> {
  const healing = healed.kind === 'kept' ? `kept: ${healed.why}` : healed.kind;
  await findings.save(run.runId, [{ ...finding, healing }]);
}

function count(healing: Healing, healed: Healed): Healing {
  if (healed.kind !== 'kept') return { ...healing, [healed.kind]: healing[healed.kind] + 1 };
  const { why } = healed;
  return { ...healing, kept: { ...healing.kept, [why]: (healing.kept[why] ?? 0) + 1 } };
}
