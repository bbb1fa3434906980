import { countTargets } from '../count-targets.ts';
import type { RolloutCall } from '../dependencies.ts';
import type { Counted, Rollout } from '../rollout.ts';

/** A rollout as it is shown, with what became of its targets. */
function describeRollout(rollout: Rollout, { counts, failures }: Counted, now: number) {
  const { rolloutId, template, version, state, reason, wave, sizes, targets, startedBy, startedAt, endedAt } = rollout;
  // How many there will be is not known while they are written down.
  const done = Math.max(0, targets - counts.outdated - counts.applying);
  const minutes = Math.max(
    1 / 60,
    (Date.parse(endedAt ?? new Date(now).toISOString()) - Date.parse(startedAt)) / 60_000,
  );
  const ratePerMinute = Math.round((done / minutes) * 10) / 10;
  const isGoingOn = state === 'running' || state === 'baking';
  const leftMs = ratePerMinute > 0 ? ((targets - done) / ratePerMinute) * 60_000 : undefined;
  const expectedEndAt = isGoingOn && leftMs !== undefined ? new Date(now + leftMs).toISOString() : null;
  const head = { rolloutId, template, version, state, reason, wave, waves: sizes, targets, counts, ratePerMinute };
  return { ...head, expectedEndAt, failures, startedBy, startedAt, endedAt: endedAt ?? null };
}

/** A rollout as it is shown. Counts its targets, unless it has ended and they are counted already. */
export async function shownRollout(call: Pick<RolloutCall, 'targets' | 'runtime'>, rollout: Rollout) {
  const counted = rollout.counted ?? (await countTargets(call.targets, rollout.rolloutId));
  return describeRollout(rollout, counted, call.runtime.now());
}
