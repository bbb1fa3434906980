import pMap from 'p-map';
import { openAccessSession } from '../../account/access-session.ts';
import type { Resource } from '../../account/vapi-account.ts';
import { diffAssistant } from '../../configuration/diff.ts';
import { isIgnored } from '../../configuration/untouched.ts';
import type { AssistantMapping } from '../../mapping/assistant-mapping.ts';
import { isHeld } from '../../mapping/claim.ts';
import { mappingOf, type OrganisationView } from '../../mapping/organisation-view.ts';
import { Problem } from '../../problem.ts';
import { isoNow } from '../../runtime.ts';
import { formerToolIds, withToolIds } from '../../tools/link-tools.ts';
import type { RolloutCall } from '../dependencies.ts';
import type { Rollout, Target, TargetUnit } from '../rollout.ts';

/** A unit is looked at only with this much time left, in ms, besides the turns of its targets. */
const LOOK_MS = 15_000;

/** The longest that these turns may count for, in ms: a large unit must not wait for ever. */
const LONGEST_TURNS_MS = 60_000;

/**
 * - `unhealthy`: an assistant is not as it was applied, or can never be seen
 * - `stopped`: the rollout is no longer in that state
 * - `unseen`: Vapi does not show an assistant at the moment
 */
type Look =
  | { kind: 'well' | 'unhealthy' | 'out-of-time' | 'stopped'; rollout: Rollout }
  | { kind: 'unseen'; afterSeconds: number; rollout: Rollout };

/**
 * Looks once at each assistant of the wave that the rollout changed last, several at a time. Notes the progress after
 * each unit: a wave may take longer than one task.
 */
export async function lookAtWave(call: RolloutCall, rollout: Rollout): Promise<Look> {
  let noted = rollout;
  for await (const unit of unitsOfWave(call, rollout)) {
    const turnsMs = Math.min((unit.targets.length * 1000) / call.callsPerSecond, LONGEST_TURNS_MS);
    if (call.deadline.remainingMs() < LOOK_MS + turnsMs) return { kind: 'out-of-time', rollout: noted };
    const seen = await lookAtUnit(call, noted, unit);
    if (seen.kind !== 'well') return { ...seen, rollout: noted };
    const next = await call.rollouts.write(noted, { looked: unit.number + 1, updatedAt: isoNow(call.runtime) });
    if (!next) return { kind: 'stopped', rollout: noted };
    noted = next;
  }
  return { kind: 'well', rollout: noted };
}

/** The units of the wave that were not looked at yet. */
async function* unitsOfWave(call: RolloutCall, { rolloutId, wave, looked = 0 }: Rollout): AsyncGenerator<TargetUnit> {
  for (let number = looked; ; number += 1) {
    const unit = await call.targets.read(rolloutId, number);
    if (!unit || unit.wave > wave) return;
    if (unit.wave === wave) yield unit;
  }
}

type Seen = { kind: 'well' | 'unhealthy' } | { kind: 'unseen'; afterSeconds: number };

/** An unhealthy assistant counts for more than one that was not seen. */
async function lookAtUnit(call: RolloutCall, rollout: Rollout, { targets }: TargetUnit): Promise<Seen> {
  const applied = targets.filter(({ state }) => state === 'applied');
  const look = (target: Target) => lookAtTarget(call, rollout, target);
  const seen = await pMap(applied, look, { concurrency: rollout.maxConcurrent });
  return (
    seen.find(({ kind }) => kind === 'unhealthy') ?? seen.find(({ kind }) => kind === 'unseen') ?? { kind: 'well' }
  );
}

async function lookAtTarget(call: RolloutCall, rollout: Rollout, target: Target): Promise<Seen> {
  try {
    return await judge(call, rollout, target);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { retryAfterSeconds } = error;
    return retryAfterSeconds === undefined
      ? { kind: 'unhealthy' }
      : { kind: 'unseen', afterSeconds: retryAfterSeconds };
  }
}

/**
 * Judges one assistant. One that somebody else is changing may differ for a moment, and is then theirs: that is no
 * reason to stop.
 */
async function judge(call: RolloutCall, rollout: Rollout, target: Target): Promise<Seen> {
  const row = await rowOf(call, rollout, target);
  if (!row || (await isAsApplied(call, row))) return { kind: 'well' };
  const now = await rowOf(call, rollout, target);
  if (now && now.mapping.revision !== row.mapping.revision) return await judge(call, rollout, target);
  const claim = now?.mapping.claim;
  if (!now || !claim) return { kind: now ? 'unhealthy' : 'well' };
  const leftMs = Date.parse(claim.expiresAt) - call.runtime.now();
  return isHeld(claim, call.runtime.now())
    ? { kind: 'unseen', afterSeconds: Math.ceil(leftMs / 1000) }
    : { kind: 'well' };
}

interface AppliedRow {
  view: OrganisationView;
  mapping: AssistantMapping & { assistantId: string; specHash: string };
}

/** The row, if the rollout was the last to bind the assistant; otherwise undefined. */
async function rowOf(
  call: RolloutCall,
  { rolloutId }: Rollout,
  { orgId, role }: Target,
): Promise<AppliedRow | undefined> {
  const view = await call.mappings.read(orgId);
  const mapping = mappingOf(view, { orgId, role });
  if (!mapping?.assistantId || !mapping.specHash || !mapping.template?.operationId.startsWith(`${rolloutId}:`)) return;
  return { view, mapping: { ...mapping, assistantId: mapping.assistantId, specHash: mapping.specHash } };
}

async function isAsApplied(call: RolloutCall, { view, mapping }: AppliedRow): Promise<boolean> {
  // It has the tools of before, and those of the version are none that Vapi takes.
  if (mapping.tools.refused !== undefined) return false;
  const [spec, found] = await Promise.all([call.specs.load(mapping, mapping.specHash), find(call, view, mapping)]);
  if (!found || !spec) return false;
  const live = found.config;
  const ours = mapping.tools.linked.map(({ toolId }) => toolId);
  const wanted = withToolIds(spec.payload, { ours, former: formerToolIds(mapping, []), live });
  const changes = diffAssistant({ wanted, live, lastApplied: [], alreadyApplied: true });
  // As in a drift run, these fields may differ.
  const ignored = [...call.driftIgnore, ...(view.record?.driftIgnore ?? [])];
  return changes.every(({ path }) => isIgnored(path, ignored));
}

/** The assistant as it is at Vapi; undefined when it is gone. A rotated key is read anew. */
async function find(
  call: RolloutCall,
  { record }: OrganisationView,
  { orgId, role, assistantId }: AssistantMapping & { assistantId: string },
): Promise<Resource | undefined> {
  const credentials = openAccessSession({ ...call, key: { orgId, role } });
  for (;;) {
    const found = await credentials.reauthorising(async () => {
      const { apiKey } = await credentials.access(async () => record);
      const account = call.pacer.paced(call.vapi.open(apiKey, call.deadline), call.callsPerSecond);
      return await account.assistants.get(assistantId);
    });
    if (found) return found.kind === 'found' ? found.resource : undefined;
  }
}
