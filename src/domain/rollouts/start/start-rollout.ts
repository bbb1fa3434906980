import pMap from 'p-map';
import type { Actor } from '../../actor.ts';
import { compareTexts } from '../../compare-texts.ts';
import { eachToItsEnd } from '../../each-to-its-end.ts';
import { newRunId } from '../../long-work/run.ts';
import { type Starting, startUnlessRunning } from '../../long-work/start-run.ts';
import type { AssistantMapping } from '../../mapping/assistant-mapping.ts';
import { isReadable } from '../../mapping/organisation-view.ts';
import { Problem, validationFailed } from '../../problem.ts';
import { isoNow, type Runtime } from '../../runtime.ts';
import { countTargets } from '../count-targets.ts';
import type { RolloutCall } from '../dependencies.ts';
import { type Rollout, type RolloutRequest, type Target, type TargetUnit, unitSizeOf } from '../rollout.ts';
import { sendTask, transit } from '../transit.ts';
import { isEnded } from '../transitions.ts';
import { countOf, waveSizes } from '../waves.ts';

/** Writes that are under way at a time. */
const WRITES = { concurrency: 8 } as const;

/** A plan that is not written after this long never will be, in ms: its request is over. */
export const PLANNING_MS = 60_000;

/** Kept back from the time of the request for starting the rollout and answering, in ms. */
const ANSWER_MS = 3_000;

/** Reads that are under way at a time. */
const READS = { concurrency: 32 } as const;

/**
 * The targets of a rollout as they are now, in its order. Throws `VALIDATION_FAILED` for more than can be read within
 * the request.
 */
export async function targetsOf(call: RolloutCall, { template, select }: RolloutRequest): Promise<Target[]> {
  const isWanted = ({ template: bound, role }: AssistantMapping) =>
    bound?.id === template &&
    (select.roles?.includes(role) ?? true) &&
    (select.fromVersions?.includes(bound.version) ?? true);
  const targetsIn = (rows: readonly AssistantMapping[]) => {
    if (isLate(call)) throw tooMany();
    return rows.filter(isWanted).map(targetOf);
  };
  if (select.orgIds) {
    const read = async (orgId: string) => targetsIn((await call.mappings.read(orgId)).mappings);
    return (await pMap(new Set(select.orgIds), read, READS)).flat();
  }
  // An assistant that is made again meanwhile may be listed twice: the later row counts.
  const targets = new Map<string, Target>();
  for await (const row of call.fleet.everyRow()) {
    if (isReadable(row)) for (const target of targetsIn([row])) targets.set(`${row.orgId}/${row.role}`, target);
  }
  return [...targets.values()].toSorted((a, b) => compareTexts(a.orgId, b.orgId) || compareTexts(a.role, b.role));
}

function isLate({ deadline }: RolloutCall): boolean {
  return deadline.remainingMs() < ANSWER_MS;
}

function tooMany(): Problem {
  const detail = 'names more assistants than can be planned within one request: choose fewer by `orgIds` or `roles`';
  return validationFailed([{ field: 'select', detail }]);
}

function targetOf({ orgId, role, assistantId, template, specHash }: AssistantMapping): Target {
  const { version: from = 0, operationId: boundBy = '' } = template ?? {};
  return {
    orgId,
    role,
    state: 'outdated',
    assistantId: assistantId ?? null,
    from,
    boundBy,
    specHash: specHash ?? null,
  };
}

/**
 * Stores the targets of a rollout and starts it. Throws `ROLLOUT_IN_PROGRESS` while another one of the template is
 * open, `TEMPLATE_UNKNOWN`, and `VALIDATION_FAILED` for more targets than can be stored within the request. A crash on
 * the way leaves a rollout that was never started; the next one takes its place.
 */
export async function startRollout(call: RolloutCall, request: RolloutRequest, by: Actor): Promise<Rollout> {
  await assertVersion(call, request);
  const planned = await takeTemplate(call, newRollout(request, by, call.runtime));
  const targets = await orGiveUp(call, planned, () => targetsOf(call, request));
  const sizes = waveSizes(targets.length, request.waves);
  const units = unitsOf(planned, targets, sizes);
  await orGiveUp(call, planned, () => writeUnits(call, units));
  const started = await transit(call, planned, {
    by: 'start',
    sizes,
    wave: Math.min(1, sizes.length),
    targets: targets.length,
    tolerance: countOf(request.failureTolerance, targets.length),
    unitCount: units.length,
  });
  if (!started) throw new Problem('ROLLOUT_STATE', 'Planning took too long and was given up. Repeat the request.');
  await sendTask(call, planned.rolloutId);
  return started;
}

function newRollout({ select: _select, ...request }: RolloutRequest, startedBy: Actor, runtime: Runtime): Rollout {
  const startedAt = isoNow(runtime);
  const rolloutId = newRunId(startedAt, runtime);
  const nothing = { sizes: [], wave: 0, targets: 0, tolerance: 0, unit: 0, unitCount: 0 };
  const head = { ...request, rolloutId, state: 'planning', ...nothing } as const;
  return { ...head, startedBy, startedAt, updatedAt: startedAt, change: 1 };
}

/**
 * Gives the plan up when it fails, while its caller can still be told: the template is free for the next rollout at
 * once.
 */
async function orGiveUp<Result>(call: RolloutCall, planned: Rollout, plan: () => Promise<Result>): Promise<Result> {
  try {
    return await plan();
  } catch (error) {
    await giveUpPlan(call, planned);
    throw error;
  }
}

async function writeUnits(call: RolloutCall, units: readonly TargetUnit[]): Promise<void> {
  await eachToItsEnd(units, async (unit) => isLate(call) || (await call.targets.add(unit)), WRITES);
  if (isLate(call)) throw tooMany();
}

/** Ends a rollout whose plan was not completed; its targets are those that were stored. */
export async function giveUpPlan(call: RolloutCall, planned: Rollout): Promise<Rollout | undefined> {
  const at = isoNow(call.runtime);
  const counted = await countTargets(call.targets, planned.rolloutId);
  const { outdated: targets } = counted.counts;
  return await transit(call, planned, { by: 'give-up', targets, counted, endedAt: at });
}

/** Throws `TEMPLATE_UNKNOWN`. */
export async function assertVersion({ bound }: RolloutCall, { template, version }: RolloutRequest): Promise<void> {
  if (await bound.templates.version(template, version)) return;
  throw new Problem(
    'TEMPLATE_UNKNOWN',
    `There is no version ${version} of a template ${template}. GET /templates names those that are.`,
  );
}

/** Names a rollout as the newest of its template, and stores it. Throws `ROLLOUT_IN_PROGRESS`. */
async function takeTemplate(call: RolloutCall, asked: Rollout): Promise<Rollout> {
  const { rollouts, runtime } = call;
  const { template, rolloutId, startedAt } = asked;
  const since = new Date(runtime.now() - PLANNING_MS).toISOString();
  let planned = asked;
  const starting: Starting<Rollout> = {
    runs: {
      current: () => rollouts.newest(template),
      makeCurrent: (name, replaces) => {
        planned = { ...asked, follows: replaces?.runId };
        return rollouts.makeNewest(template, name, replaces);
      },
      read: (id) => rollouts.read(id),
      create: () => rollouts.create(planned),
    },
    // Named again after its last write: somebody is about to roll it back.
    isOver: ({ state, updatedAt }, { at }) => isEnded(state) && !(updatedAt < at && at >= since),
    standsStill: (other) => other.state === 'planning' && other.startedAt < since,
    giveUp: async (other) => void (await giveUpPlan(call, other)),
  };
  const name = { runId: rolloutId, at: startedAt };
  const started = await startUnlessRunning(starting, { run: asked, name, since });
  if (started.kind === 'started') return planned;
  const detail = `The rollout ${started.runId} of this template is not over. Wait for its end, or abort it.`;
  throw new Problem('ROLLOUT_IN_PROGRESS', detail);
}

function unitsOf(rollout: Rollout, targets: readonly Target[], sizes: readonly number[]): TargetUnit[] {
  const { rolloutId } = rollout;
  const unitSize = unitSizeOf(rollout);
  const units: TargetUnit[] = [];
  let begin = 0;
  for (const [index, size] of sizes.entries()) {
    for (let at = begin; at < begin + size; at += unitSize) {
      const of = targets.slice(at, Math.min(at + unitSize, begin + size));
      units.push({ rolloutId, number: units.length, wave: index + 1, targets: of, version: 1 });
    }
    begin += size;
  }
  return units;
}
