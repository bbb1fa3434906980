import type { AssistantKey } from '../../configuration/assistant-key.ts';
import { nameOf } from '../../journal.ts';
import { annotateMapping } from '../../mapping/annotate-mapping.ts';
import { type AssistantMapping, mappingOf } from '../../mapping/assistant-mapping.ts';
import { Problem } from '../../problem.ts';
import { isoNow } from '../../runtime.ts';
import { removeAssistant } from '../../sync/remove-assistant.ts';
import type { TaskEnd } from '../../task.ts';
import { nextState } from '../check/note-drift.ts';
import type { DriftCall, DriftDependencies } from '../drift-dependencies.ts';
import { type Finding, NUMBER_PATH } from '../finding.ts';
import { closeRun } from '../run/close-run.ts';
import { sumUp } from '../run/end-check.ts';
import type { DriftRun, Healing } from '../runs.ts';
import { addTotals } from '../totals.ts';
import { decideHeal, type HealPlan } from './decide-heal.ts';
import { finishRemovals, type Removal, removeStray } from './remove-stray.ts';

/** Findings that are dealt with before that is noted. */
const AT_A_TIME = 10;

/** Not gone on with when less than this is left, in ms. */
const HEALING_MS = 12_000;

/**
 * Goes through the findings of a run and does about each what its mode and the brakes allow. Notes how far it came: a
 * task that comes twice goes on from there. Closes the run at the end.
 */
export async function healRun(deps: DriftDependencies, call: DriftCall): Promise<TaskEnd> {
  let run = await deps.runs.read(call.runId);
  for (;;) {
    if (!run?.healing || run.status !== 'healing') return { kind: 'done', outcome: 'over' };
    if (call.deadline.remainingMs() < HEALING_MS) {
      await deps.tasks.send({ kind: 'drift-heal', runId: run.runId });
      return { kind: 'done', outcome: 'continued' };
    }
    const { after } = run.healing;
    const page = await deps.findings.page({ runId: run.runId, limit: AT_A_TIME, ...(after ? { after } : {}) });
    const healing = await healPage(deps, call, { run, healing: run.healing, findings: page.items });
    if (page.next === undefined) return await end(deps, call, { ...run, healing });
    const updatedAt = isoNow(deps.runtime);
    const change = { healing: { ...healing, version: healing.version + 1, after: page.next }, updatedAt };
    run = await deps.runs.advance(run, change);
  }
}

async function end(deps: DriftDependencies, call: DriftCall, run: DriftRun & { healing: Healing }): Promise<TaskEnd> {
  const sums = await sumUp(deps, run.runId);
  const totals = addTotals(sums.platform, sums.organisations);
  const { suspicious } = run.healing;
  return { kind: 'done', outcome: await closeRun(deps, call, { run, totals, suspicious }) };
}

interface PageInput {
  run: DriftRun;
  healing: Healing;
  findings: readonly Finding[];
}

async function healPage(
  deps: DriftDependencies,
  call: DriftCall,
  { run, healing, findings }: PageInput,
): Promise<Healing> {
  let counted = healing;
  for (const finding of findings) {
    const outcome = await healOne(deps, call, { run, healing: counted, finding });
    counted = count(counted, outcome);
    await deps.findings.save(run.runId, [{ ...finding, healing: outcome }]);
  }
  return counted;
}

/** `reapplied`, `resumed` and `removed`, or `kept: ` and the reason. */
type Outcome = string;

function count(healing: Healing, outcome: Outcome): Healing {
  if (outcome === 'reapplied' || outcome === 'resumed' || outcome === 'removed') {
    return { ...healing, [outcome]: healing[outcome] + 1 };
  }
  const why = outcome.replace('kept: ', '');
  return { ...healing, kept: { ...healing.kept, [why]: (healing.kept[why] ?? 0) + 1 } };
}

interface HealStep {
  run: DriftRun;
  healing: Healing;
  finding: Finding;
}

/** One failure is one line: the others are healed all the same. */
async function healOne(deps: DriftDependencies, call: DriftCall, step: HealStep): Promise<Outcome> {
  try {
    const { finding, healing, run } = step;
    const { orgId, role } = finding;
    const mapping = orgId && role ? mappingOf(await deps.mappings.read(orgId), { orgId, role }) : undefined;
    const { maxRemovals } = deps.limits;
    const plan = decideHeal({ finding, mapping, healing, maxRemovals, now: deps.runtime.now() });
    if (plan.kind === 'keep' || !orgId || !role) return `kept: ${plan.kind === 'keep' ? plan.why : 'unknown'}`;
    return await carryOut(deps, call, { plan, finding, mapping, key: { orgId, role }, run });
  } catch (error) {
    const cause = error instanceof Problem ? error.code : nameOf(error);
    call.journal.record({ code: 'DRIFT_HEAL_FAILED', runId: call.runId, cause });
    return `kept: ${cause}`;
  }
}

interface Act {
  plan: Exclude<HealPlan, { kind: 'keep' }>;
  finding: Finding;
  mapping: AssistantMapping | undefined;
  key: AssistantKey;
  run: DriftRun;
}

async function carryOut(deps: DriftDependencies, call: DriftCall, act: Act): Promise<Outcome> {
  const { plan, finding, key } = act;
  const operationId = call.runId;
  switch (plan.kind) {
    case 'resume-tools':
      await deps.tasks.send({ kind: 'sync-tools', ...key, operationId });
      return 'resumed';
    case 'reapply':
      return await reapply(deps, call, act);
    case 'remove': {
      const stray = { scope: finding.scope, owner: key, assistantId: finding.assistantId ?? '' };
      return outcomeOf(await removeStray(deps, call, stray));
    }
    case 'finish-removals':
      return outcomeOf(await finishRemovals(deps, call, key));
    case 'finish-delete': {
      const { deadline, journal } = call;
      await removeAssistant(deps, { id: operationId, key, deadline, journal });
      return 'removed';
    }
  }
}

function outcomeOf(removal: Removal): Outcome {
  return removal.kind === 'removed' ? 'removed' : `kept: ${removal.why}`;
}

/** Sent first, noted afterwards: a second message does no harm, a lost one would be taken for a heal that did not stick. */
async function reapply(
  deps: DriftDependencies,
  call: DriftCall,
  { finding, mapping, key, run }: Act,
): Promise<Outcome> {
  const isNoted = mapping?.drift?.healedAt !== undefined && mapping.drift.healedAt >= run.startedAt;
  if (isNoted) return 'reapplied';
  if (mapping?.drift?.fields.includes(NUMBER_PATH)) await noteNumber(deps, mapping);
  await deps.tasks.send({ kind: 'reapply', ...key, operationId: call.runId });
  if (!mapping || mapping.claim || finding.class === 'unknown') return 'reapplied';
  const at = isoNow(deps.runtime);
  const state = mapping.drift ?? nextState(undefined, { class: 'drifted', fields: [] }, { runId: run.runId, at });
  await annotateMapping(deps, mapping, { drift: { ...state, heals: state.heals + 1, healedAt: at } });
  return 'reapplied';
}

/** The number is looked at again only if the row says that this is still to be done. */
async function noteNumber(deps: DriftDependencies, mapping: AssistantMapping): Promise<void> {
  const { phoneNumber } = mapping;
  if (!phoneNumber || mapping.claim) return;
  await annotateMapping(deps, mapping, { phoneNumber: { ...phoneNumber, status: 'pending' } });
}
