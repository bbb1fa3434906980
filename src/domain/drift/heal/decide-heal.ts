import type { TrafficWish } from '../../configuration/assistant-request.ts';
import type { AssistantMapping } from '../../mapping/assistant-mapping.ts';
import { isBeingRemoved } from '../../mapping/claim.ts';
import type { Finding } from '../finding.ts';
import type { Group, Healing } from '../runs.ts';
import { isActionable } from '../tally.ts';
import { mayHealAt } from './brakes.ts';

/** What is done about a finding. */
export type HealPlan =
  | { kind: 'reapply'; traffic?: TrafficWish }
  | { kind: 'resume-tools' }
  | { kind: 'remove' }
  | { kind: 'finish-removals' }
  | { kind: 'finish-delete' }
  | { kind: 'keep'; why: string };

interface HealInput {
  finding: Finding;
  /** The mapping as it is now. */
  mapping: AssistantMapping | undefined;
  healing: Healing;
  maxRemovals: number;
  /** True when pins that were set by hand may be taken off. */
  takesPinsOff: boolean;
  /** Epoch ms. */
  now: number;
}

/** Decides what may be done about a finding, brakes first. Pure. */
export function decideHeal(input: HealInput): HealPlan {
  const { finding, healing, maxRemovals } = input;
  if (!isActionable(finding)) return keep('report-only');
  if (healing.suspicious.includes(groupOf(finding))) return keep('suspicious');
  switch (finding.class) {
    case 'drifted':
    case 'missing':
      return reapply(input);
    case 'pinned':
      return takePinOff(input);
    case 'pending':
      return resume(input);
    case 'duplicate':
    case 'orphan':
      return (healing.removals ?? healing.removed) < maxRemovals ? { kind: 'remove' } : keep('removals-used-up');
    case 'unreadable':
    case 'unknown':
      return keep(finding.class);
  }
}

/** The group of accounts over which the brakes for a finding count. */
function groupOf({ scope }: Pick<Finding, 'scope'>): Group {
  return scope === 'platform' ? 'platform' : 'organisations';
}

function keep(why: string): HealPlan {
  return { kind: 'keep', why };
}

function reapply({ finding, mapping, now }: HealInput): HealPlan {
  if (!mapping || mapping.claim || mapping.assistantId !== finding.assistantId) return keep('changed-meanwhile');
  const { drift, specHash } = mapping;
  // It was imported, and nothing was applied yet: there is nothing to apply again.
  if (!specHash) return keep('needs-a-put');
  return drift && mayHealAt(drift) > now ? keep('does-not-stick') : { kind: 'reapply' };
}

/** Somebody decided to set the pin: it is taken off only where the setting allows it. */
function takePinOff(input: HealInput): HealPlan {
  if (!input.takesPinsOff) return keep('pinned-by-hand');
  const plan = reapply(input);
  return plan.kind === 'reapply' ? { ...plan, traffic: 'follow-latest' } : plan;
}

/** Causes of pending work that applying the last configuration again completes. */
const CUT_OFF: readonly string[] = ['interrupted', 'unresolved-create', 'unfinished'];

/** Tools and numbers are resumed by their own task, an interrupted change by applying the last configuration again. */
function resume({ finding, mapping }: HealInput): HealPlan {
  if (finding.cause === 'tools' || finding.cause === 'phone-number') return { kind: 'resume-tools' };
  if (isBeingRemoved(mapping?.claim))
    return finding.mode === 'heal' ? { kind: 'finish-delete' } : keep('being-removed');
  const isOnlyForRemovals = mapping && !mapping.assistantId && mapping.retiring.length > 0;
  if (finding.mode === 'heal' && isOnlyForRemovals) return { kind: 'finish-removals' };
  const canReapply = finding.mode === 'heal' && CUT_OFF.includes(finding.cause ?? '') && mapping?.specHash;
  return canReapply ? { kind: 'reapply' } : keep('needs-a-put');
}
