import type { Counted, Target, TargetStore } from './rollout.ts';

/** The most examples that are shown of a cause. */
const EXAMPLES = 5;

/** Counts the targets of a rollout by state, and the failed ones by cause. Reads all of its units. */
export async function countTargets(targets: TargetStore, rolloutId: string): Promise<Counted> {
  const counts = { outdated: 0, applying: 0, applied: 0, unchanged: 0, failed: 0, skipped: 0, 'rolled-back': 0 };
  const byCode = new Map<string, { count: number; examples: string[] }>();
  for await (const unit of targets.all(rolloutId)) {
    for (const target of unit.targets) {
      counts[target.state] += 1;
      if (target.state === 'failed') note(byCode, target);
    }
  }
  return { counts, failures: [...byCode].map(([code, cause]) => ({ code, ...cause })) };
}

function note(byCode: Map<string, { count: number; examples: string[] }>, { orgId, role, code = 'INTERNAL' }: Target) {
  const cause = byCode.get(code) ?? { count: 0, examples: [] };
  cause.count += 1;
  if (cause.examples.length < EXAMPLES) cause.examples.push(`${orgId}/${role}`);
  byCode.set(code, cause);
}
