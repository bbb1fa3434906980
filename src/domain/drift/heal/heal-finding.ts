import type { AssistantKey } from '../../configuration/assistant-key.ts';
import { nameOf } from '../../journal.ts';
import { annotateMapping } from '../../mapping/annotate-mapping.ts';
import { type AssistantMapping, NUMBER_PATH } from '../../mapping/assistant-mapping.ts';
import { mappingOf } from '../../mapping/organisation-view.ts';
import { Problem } from '../../problem.ts';
import { isoNow } from '../../runtime.ts';
import { removeAssistant } from '../../sync/remove-assistant.ts';
import { nextState } from '../check/note-drift.ts';
import type { DriftCall, DriftDependencies } from '../drift-dependencies.ts';
import type { Finding } from '../finding.ts';
import type { DriftRun, Healing } from '../runs.ts';
import { decideHeal, type HealPlan } from './decide-heal.ts';
import { finishRemovals, removeStray } from './remove-stray.ts';

/** What was done about a finding; `kept` says why nothing was. */
export type Healed = { kind: 'reapplied' | 'resumed' | 'removed' } | { kind: 'kept'; why: string; isFailure?: true };

/** What to do about a finding, and with what. */
interface Act {
  plan: HealPlan;
  finding: Finding;
  mapping: AssistantMapping | undefined;
  run: DriftRun & { healing: Healing };
}

/**
 * Decides about a finding from its mapping as it is now. A failure only keeps this one: the others are healed all the
 * same.
 */
export async function planHeal(call: DriftCall, { run, finding }: Pick<Act, 'run' | 'finding'>): Promise<Act> {
  const { orgId, role } = finding;
  const plan = await orKept(call, async () => {
    const mapping = orgId && role ? mappingOf(await call.mappings.read(orgId), { orgId, role }) : undefined;
    const { maxRemovals, takesPinsOff } = call.limits;
    const now = call.runtime.now();
    return { mapping, plan: decideHeal({ finding, mapping, healing: run.healing, maxRemovals, takesPinsOff, now }) };
  });
  if ('why' in plan) return { plan: { kind: 'keep', why: plan.why }, finding, mapping: undefined, run };
  return { ...plan, finding, run };
}

/** True for a plan that removes something, which is counted before it is done. */
export function isRemoval({ kind }: HealPlan): boolean {
  return kind === 'remove' || kind === 'finish-removals' || kind === 'finish-delete';
}

/** Does what was decided. A failure only keeps this finding. */
export async function healFinding(call: DriftCall, act: Act): Promise<Healed> {
  const { plan, finding } = act;
  const { orgId, role } = finding;
  if (plan.kind === 'keep') return kept(plan.why);
  if (!orgId || !role) return kept('unknown');
  return await orKept(call, () => actOn(call, { ...act, plan, key: { orgId, role } }));
}

function kept(why: string): Healed & { kind: 'kept' } {
  return { kind: 'kept', why };
}

async function orKept<T>(call: DriftCall, act: () => Promise<T>): Promise<T | (Healed & { kind: 'kept' })> {
  try {
    return await act();
  } catch (error) {
    const cause = error instanceof Problem ? error.code : nameOf(error);
    call.journal.record({ code: 'DRIFT_HEAL_FAILED', runId: call.runId, cause });
    return { ...kept(cause), isFailure: true };
  }
}

interface AllowedAct extends Act {
  plan: Exclude<HealPlan, { kind: 'keep' }>;
  key: AssistantKey;
}

async function actOn(call: DriftCall, act: AllowedAct): Promise<Healed> {
  const { plan, finding, key } = act;
  const { runId } = call;
  switch (plan.kind) {
    case 'resume-tools':
      await call.tasks.send({ kind: 'sync-tools', ...key, operationId: runId });
      return { kind: 'resumed' };
    case 'reapply':
      return await reapply(call, act);
    case 'remove':
      return await removeStray(call, {
        scope: finding.scope,
        owner: key,
        assistantId: finding.assistantId ?? '',
      });
    case 'finish-removals':
      return await finishRemovals(call, key);
    case 'finish-delete':
      await removeAssistant({ ...call, id: runId, key });
      return { kind: 'removed' };
  }
}

/**
 * Sends the task first and notes it afterwards: a second message does no harm, but a lost one that was noted would
 * count as a heal that did not last.
 */
async function reapply(call: DriftCall, { finding, mapping, key, run, plan }: AllowedAct): Promise<Healed> {
  const isNoted = mapping?.drift?.healedAt !== undefined && mapping.drift.healedAt >= run.startedAt;
  if (isNoted) return { kind: 'reapplied' };
  if (mapping?.drift?.fields.includes(NUMBER_PATH)) await noteNumber(call, mapping);
  const traffic = plan.kind === 'reapply' ? plan.traffic : undefined;
  await call.tasks.send({ kind: 'reapply', ...key, operationId: call.runId, traffic });
  if (!mapping || mapping.claim || finding.class === 'unknown') return { kind: 'reapplied' };
  const at = isoNow(call.runtime);
  const state = mapping.drift ?? nextState(undefined, { class: 'drifted', fields: [] }, { runId: run.runId, at });
  await annotateMapping(call, mapping, { drift: { ...state, heals: state.heals + 1, healedAt: at } });
  return { kind: 'reapplied' };
}

/** The worker looks at the number only if the row says that it is pending. */
async function noteNumber(deps: DriftDependencies, mapping: AssistantMapping): Promise<void> {
  const { phoneNumber } = mapping;
  if (!phoneNumber || mapping.claim) return;
  await annotateMapping(deps, mapping, { phoneNumber: { ...phoneNumber, status: 'pending' } });
}
