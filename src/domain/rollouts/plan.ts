import pMap from 'p-map';
import type { Actor } from '../actor.ts';
import { newRunId } from '../long-work/run.ts';
import { type AssistantMapping, isReadable } from '../mapping/assistant-mapping.ts';
import { Problem } from '../problem.ts';
import { isoNow } from '../runtime.ts';
import type { RolloutCall } from './dependencies.ts';
import { type Rollout, type RolloutRequest, type Target, type TargetUnit, UNIT_SIZE } from './rollout.ts';
import { isEnded, ROLLOUT_TRANSITIONS } from './transitions.ts';
import { countOf, waveSizes } from './waves.ts';

/** Writes that are under way at a time. */
const WRITES = { concurrency: 8 } as const;

/** The assistants that a rollout is for, as they are now, in its order. */
export async function targetsOf(call: RolloutCall, { template, select }: RolloutRequest): Promise<Target[]> {
  const targets: Target[] = [];
  const isWanted = ({ template: bound, role }: AssistantMapping) =>
    bound?.id === template &&
    (select.roles?.includes(role) ?? true) &&
    (select.fromVersions?.includes(bound.version) ?? true);
  for await (const row of rowsOf(call, select.orgIds)) if (isWanted(row)) targets.push(targetOf(row));
  return select.orgIds ? targets : targets.toSorted((a, b) => compare(a.orgId, b.orgId) || compare(a.role, b.role));
}

async function* rowsOf({ mappings, fleet }: RolloutCall, orgIds: readonly string[] | undefined) {
  if (orgIds) {
    for (const orgId of new Set(orgIds)) yield* (await mappings.read(orgId)).mappings;
    return;
  }
  for await (const row of fleet.everyRow()) if (isReadable(row)) yield row;
}

function targetOf({ orgId, role, assistantId, revision, template, specHash }: AssistantMapping): Target {
  const { version: from = 0, operationId: boundBy = '' } = template ?? {};
  return {
    orgId,
    role,
    state: 'outdated',
    assistantId: assistantId ?? null,
    from,
    revision,
    boundBy,
    specHash: specHash ?? null,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * Writes the targets of a rollout down and starts it. Throws `ROLLOUT_IN_PROGRESS` while another one of the template is open,
 * `TEMPLATE_UNKNOWN`. A crash on the way leaves a rollout that was never started, and gives way to the next.
 */
export async function startRollout(call: RolloutCall, request: RolloutRequest, by: Actor): Promise<Rollout> {
  await assertVersion(call, request);
  const { rollouts, targets: store, runtime, tasks } = call;
  const startedAt = isoNow(runtime);
  const rolloutId = newRunId(startedAt, runtime);
  await takeTemplate(call, request.template, rolloutId);
  const targets = await targetsOf(call, request);
  const sizes = waveSizes(targets.length, request.waves);
  const units = unitsOf(rolloutId, targets, sizes);
  const planned: Rollout = {
    ...request,
    rolloutId,
    sizes,
    state: 'planning',
    wave: 0,
    targets: targets.length,
    tolerance: countOf(request.failureTolerance, targets.length),
    unit: 0,
    unitCount: units.length,
    startedBy: by,
    startedAt,
    updatedAt: startedAt,
    change: 1,
  };
  await rollouts.create(planned);
  await pMap(units, (unit) => store.add(unit), WRITES);
  const first = { state: ROLLOUT_TRANSITIONS.start.to, wave: Math.min(1, sizes.length), updatedAt: isoNow(runtime) };
  const started = await rollouts.write(planned, first);
  if (!started) throw new Problem('ROLLOUT_STATE', 'Planning took too long and was given up. Repeat the request.');
  await tasks.send({ kind: 'rollout', rolloutId });
  return started;
}

/** Throws `TEMPLATE_UNKNOWN`. */
export async function assertVersion({ bound }: RolloutCall, { template, version }: RolloutRequest): Promise<void> {
  if (await bound.templates.version(template, version)) return;
  throw new Problem('TEMPLATE_UNKNOWN', `There is no version ${version} of a template ${template}. GET /templates.`);
}

async function takeTemplate({ rollouts }: RolloutCall, template: string, rolloutId: string): Promise<void> {
  const newest = await rollouts.newest(template);
  const other = newest === undefined ? undefined : await rollouts.read(newest);
  if (other && !isEnded(other.state)) throw inProgress(other);
  if (!(await rollouts.makeNewest(template, rolloutId, newest)))
    throw inProgress({ rolloutId: 'that began just now', state: 'planning' });
}

function inProgress({ rolloutId, state }: Pick<Rollout, 'rolloutId' | 'state'>): Problem {
  const detail = `The rollout ${rolloutId} of this template is ${state}. Wait for its end, or abort it.`;
  return new Problem('ROLLOUT_IN_PROGRESS', detail);
}

function unitsOf(rolloutId: string, targets: readonly Target[], sizes: readonly number[]): TargetUnit[] {
  const units: TargetUnit[] = [];
  let begin = 0;
  for (const [index, size] of sizes.entries()) {
    for (let at = begin; at < begin + size; at += UNIT_SIZE) {
      const of = targets.slice(at, Math.min(at + UNIT_SIZE, begin + size));
      units.push({ rolloutId, number: units.length, wave: index + 1, targets: of, version: 1 });
    }
    begin += size;
  }
  return units;
}
