import type { VapiAccount } from '../../src/domain/account/vapi-account.ts';
import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import type { PacedAccount } from '../../src/domain/long-work/paced-account.ts';
import type { AssistantMapping } from '../../src/domain/mapping/assistant-mapping.ts';
import type { Operation } from '../../src/domain/operation.ts';
import { Problem } from '../../src/domain/problem.ts';
import { countTargets } from '../../src/domain/rollouts/count-targets.ts';
import type { RolloutCall } from '../../src/domain/rollouts/dependencies.ts';
import type { Rollout, RolloutRequest, RolloutStore, Target, TargetStore } from '../../src/domain/rollouts/rollout.ts';
import { startRollout } from '../../src/domain/rollouts/start/start-rollout.ts';
import { actOnRollout, type RolloutAction } from '../../src/domain/rollouts/steer/act-on-rollout.ts';
import { resendLost } from '../../src/domain/rollouts/steer/resend-lost.ts';
import { stopByAlarm } from '../../src/domain/rollouts/steer/stop-by-alarm.ts';
import { isEnded } from '../../src/domain/rollouts/transitions.ts';
import { performRollout } from '../../src/domain/rollouts/work/perform-rollout.ts';
import type { TemplateDependencies } from '../../src/domain/templates/bind.ts';
import { NamedIds } from '../../src/domain/templates/resolve-references.ts';
import type { Template } from '../../src/domain/templates/template.ts';
import { MemoryRolloutStore, MemoryTargetStore } from '../support/memory-rollouts.ts';
import { violations } from './invariants.ts';
import { bodyOf, desired, type Ending, type Job, KEY, OTHER } from './jobs.ts';
import { type Conduct, operationOf } from './perform.ts';
import { finishWork } from './recover.ts';
import { TEMPLATE } from './rollout-of-one.ts';
import { untold } from './told.ts';
import type { ProcessOptions, World } from './world.ts';

/** The organisations that are bound to the template. */
export const BOUND: readonly AssistantKey[] = [KEY, OTHER, { orgId: 'initech', role: 'inbound' }];

/**
 * What each version of the template asks for: the first is what all are bound to, the second what they are brought to.
 */
export const VERSIONS = ['a1', 'b1+x'] as const;
const [FORMER, WANTED] = VERSIONS;

type Effect = <T>(label: string, act: () => Promise<T>) => Promise<T>;

/** A worker's Lambda, in ms. */
const WORKER_MS = 120_000;
/** Time enough for a worker to be certainly gone, in ms. */
const PAUSE_MS = 140_000;
const ROUNDS = 40;

/** What a process is asked to do about rollouts, or about an assistant. */
export type RolloutJob = Job | OperatorJob;

type OperatorJob =
  | { kind: 'start' }
  | { kind: 'roll' }
  | { kind: 'act'; action: RolloutAction }
  | { kind: 'alarm' }
  | { kind: 'schedule' };

const REQUEST: RolloutRequest = {
  template: TEMPLATE,
  version: 2,
  select: {},
  waves: { first: 1, growth: 'exponential', factor: 2, bakeSeconds: 0 },
  maxConcurrent: 2,
  failureTolerance: 0,
  onFailure: 'pause',
  alarms: ['faults'],
};

const templates: TemplateDependencies['templates'] = {
  newest: async () => versionOf(VERSIONS.length),
  version: async (_, version) => versionOf(version),
  add: async () => false,
  show: async () => {},
  list: async () => ({ items: [] }),
};

function versionOf(version: number): Template | undefined {
  const spec = VERSIONS[version - 1];
  return spec && { templateId: TEMPLATE, version, hash: spec, content: { variables: {}, assistant: bodyOf(spec) } };
}

/** Rollouts in a simulated world, and what must not happen while they are carried out. */
export class RolloutWorld {
  readonly rollouts = new MemoryRolloutStore();
  readonly targets = new MemoryTargetStore();
  readonly world: World;
  /** What workers did that they must never do. */
  readonly wrong: string[] = [];
  readonly #request: RolloutRequest;
  /** Organisations whose target each worker that is alive has begun and not ended. */
  readonly #begun = new Map<string, Set<string>>();
  /** What was begun when an operator was told that nothing new begins any more. */
  #stopped: { change: number; begun: ReadonlySet<string> } | undefined;

  constructor(world: World, request: Partial<RolloutRequest> = {}) {
    this.world = world;
    this.#request = { ...REQUEST, ...request };
  }

  /** All organisations are bound to the first version. */
  async bind(keys: readonly AssistantKey[] = BOUND): Promise<void> {
    for (const key of keys) await this.run({ kind: 'ensure', spec: FORMER, version: 1, key });
  }

  /** The rollout that began last. */
  get last(): Rollout | undefined {
    return [...this.rollouts.kept.values()].at(-1);
  }

  get #lastTargets(): Target[] {
    const units = [...this.targets.kept.values()].filter(({ rolloutId }) => rolloutId === this.last?.rolloutId);
    return units.flatMap(({ targets }) => targets);
  }

  async run(job: RolloutJob, options: ProcessOptions = {}): Promise<Ending> {
    switch (job.kind) {
      case 'start':
      case 'roll':
      case 'act':
      case 'alarm':
      case 'schedule': {
        const process = { lambdaMs: job.kind === 'roll' ? WORKER_MS : 29_000, ...options };
        return await this.world.act(process, (conduct) => this.#endingOf(conduct, job));
      }
      default:
        return await this.world.run(job, options);
    }
  }

  async #endingOf(conduct: Conduct, job: OperatorJob): Promise<Ending> {
    const operation = operationOf(this.world, {}, conduct);
    try {
      return await this.#perform(this.#callOf(operation, conduct), operation, job);
    } catch (error) {
      if (error instanceof Problem) return error.code;
      throw error;
    } finally {
      this.#begun.delete(operation.id);
    }
  }

  async #perform(call: RolloutCall, operation: Operation, job: OperatorJob): Promise<Ending> {
    switch (job.kind) {
      case 'start':
        return (await startRollout(call, this.#request, operation.by)).state;
      case 'roll':
        return await this.#roll(call);
      case 'act':
        return await this.#act(call, job.action);
      case 'alarm':
        return (await stopByAlarm(call, 'faults')).join(' ');
      case 'schedule':
        return `${await resendLost(call, 60_000)}`;
    }
  }

  async #act(call: RolloutCall, action: RolloutAction): Promise<Ending> {
    const { state, change } = await actOnRollout(call, this.last?.rolloutId ?? 'none', action);
    if (state === 'paused' || state === 'aborted') {
      const begun = this.#lastTargets.filter((target) => target.state === 'applying');
      this.#stopped = { change, begun: new Set(begun.map(({ orgId }) => orgId)) };
    }
    return state;
  }

  async #roll(call: RolloutCall): Promise<Ending> {
    const end = await performRollout(call, this.last?.rolloutId ?? 'none');
    return end.kind === 'done' ? end.outcome : `LATER_${end.reason}`;
  }

  #callOf(operation: Operation, conduct: Conduct): RolloutCall {
    const { world } = this;
    const effect: Effect = (label, act) => conduct.effect(label, act);
    return {
      ...operation,
      mappings: {
        ...operation.mappings,
        read: async (orgId) => {
          this.#noteBegun(operation.id, orgId);
          return await operation.mappings.read(orgId);
        },
      },
      rollouts: effectiveRollouts(this.#counting(), effect),
      targets: effectiveTargets(this.#noting(operation.id), effect),
      fleet: {
        everyRow: async function* () {
          yield* await effect('table fleet', async () => [...world.mappings.rows.values()]);
        },
      },
      bound: {
        templates,
        variables: { read: async () => ({}), replace: async () => true },
        references: new NamedIds(operation.runtime),
      },
      pacer: { paced: (account) => this.#watched(account) },
      callsPerSecond: 1000,
      inlineCredentials: false,
    };
  }

  /** One rollout of a template is open at a time. */
  #counting(): RolloutStore {
    const noted = async <T>(written: Promise<T>) => {
      const result = await written;
      const open = [...this.rollouts.kept.values()].filter(({ state }) => !isEnded(state));
      if (open.length > 1) this.wrong.push(`${open.length} rollouts are open: ${open.map(({ state }) => state)}`);
      return result;
    };
    const { rollouts } = this;
    return {
      newest: (template) => rollouts.newest(template),
      newestOfAll: () => rollouts.newestOfAll(),
      makeNewest: (...name) => rollouts.makeNewest(...name),
      read: (id) => rollouts.read(id),
      list: (query) => rollouts.list(query),
      create: (rollout) => noted(rollouts.create(rollout)),
      write: (...change) => noted(rollouts.write(...change)),
    };
  }

  /** Two workers never have one target at once, and no more than asked are worked on at a time. */
  #noting(worker: string): TargetStore {
    const { targets } = this;
    return {
      add: (unit) => targets.add(unit),
      read: (id, number) => targets.read(id, number),
      all: (id) => targets.all(id),
      write: async (from, change) => {
        const written = await targets.write(from, change);
        if (written) this.#noteEnded(worker, written.targets);
        return written;
      },
    };
  }

  /** Once that it is begun is written, a worker reads the row. */
  #noteBegun(worker: string, orgId: string): void {
    const own = this.#begun.get(worker) ?? new Set<string>();
    if (this.#lastTargets.find((one) => one.orgId === orgId)?.state !== 'applying') return;
    this.#begun.set(worker, own.add(orgId));
    const begun = [...this.#begun.values()].flatMap((orgIds) => [...orgIds]);
    if (new Set(begun).size < begun.length) this.wrong.push(`two workers have one target: ${begun}`);
    if (begun.length > this.#request.maxConcurrent) this.wrong.push(`too many at a time: ${begun}`);
  }

  #noteEnded(worker: string, written: readonly Target[]): void {
    for (const { orgId, state } of written) if (state !== 'applying') this.#begun.get(worker)?.delete(orgId);
  }

  /** After the answer to a pause or an abort only what was begun is changed. */
  #watched(account: VapiAccount): PacedAccount {
    const { assistants } = account;
    const update: typeof assistants.update = async (id, patch) => {
      const row = [...this.world.mappings.rows.values()].find(({ assistantId }) => assistantId === id);
      const isStopped = this.last?.change === this.#stopped?.change;
      if (row && isStopped && !this.#stopped?.begun.has(row.orgId))
        this.wrong.push(`${row.orgId} is changed after a stop`);
      return await assistants.update(id, patch);
    };
    const calls = { lists: 0, gets: 0, numbers: 0, tools: 0, traffic: 0 };
    return { ...account, calls, assistants: { ...assistants, update } };
  }
}

function effectiveRollouts(store: RolloutStore, effect: Effect): RolloutStore {
  return {
    newest: (template) => effect('table newest-rollout', () => store.newest(template)),
    newestOfAll: async function* () {
      yield* await effect('table newest-rollouts', () => all(store.newestOfAll()));
    },
    makeNewest: (...name) => effect('table name-rollout', () => store.makeNewest(...name)),
    create: (rollout) => effect('table create-rollout', () => store.create(rollout)),
    read: (id) => effect('table read-rollout', () => store.read(id)),
    write: (from, change) => effect('table write-rollout', () => store.write(from, change)),
    list: (query) => store.list(query),
  };
}

function effectiveTargets(store: TargetStore, effect: Effect): TargetStore {
  return {
    add: (unit) => effect('table add-targets', () => store.add(unit)),
    read: (id, number) => effect('table read-targets', () => store.read(id, number)),
    write: (from, change) => effect('table write-targets', () => store.write(from, change)),
    all: async function* (id) {
      yield* await effect('table all-targets', () => all(store.all(id)));
    },
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** How a stopped rollout is gone on with: as far as the version, or back. */
export type Finish = 'resume' | 'rollback';

/**
 * Faults end. Whatever was lost is sent again by the schedule, an operator answers a stop, and workers go on until the
 * rollout is over; what dead processes have left is mended as by a drift run.
 */
export async function settle(here: RolloutWorld, finish: Finish): Promise<string[]> {
  const { world } = here;
  world.upstream.verdict = () => 'ok';
  for (let round = 0; round < ROUNDS && here.last && !isEnded(here.last.state); round += 1) {
    world.pass(PAUSE_MS);
    if (here.last.state === 'paused') await here.run({ kind: 'act', action: finish });
    const resent = await here.run({ kind: 'schedule' });
    if (resent !== '0' || here.last.state !== 'paused') await here.run({ kind: 'roll' });
  }
  world.pass(PAUSE_MS);
  for (const key of BOUND) await finishWork(world, key);
  return here.last && !isEnded(here.last.state) ? [`the rollout does not end: ${here.last.state}`] : [];
}

/** What somebody else has put meanwhile: the configurations that may stand in the end, by organisation. */
export type Outside = ReadonlyMap<string, readonly (string | 'removed')[]>;

/** What is wrong when nobody is acting any more; empty when all is well. */
export async function rolloutViolations(here: RolloutWorld, outside: Outside = new Map()): Promise<string[]> {
  const { world, last } = here;
  const found = [...here.wrong];
  const specs = [...VERSIONS, ...[...outside.values()].flat()].filter((spec) => spec !== 'removed');
  found.push(...(await untold(world, world.now())));
  for (const key of BOUND) found.push(...violations(world, specs, key).map((text) => `${key.orgId}: ${text}`));
  if (!last) return found;
  const units = await all(here.targets.all(last.rolloutId));
  for (const target of units.flatMap(({ targets }) => targets)) found.push(...wrongTarget(here, target, outside));
  const { counts } = await countTargets(here.targets, last.rolloutId);
  const sum = Object.values(counts).reduce((a, b) => a + b, 0);
  if (sum !== last.targets) found.push(`${sum} targets are counted, ${last.targets} were planned`);
  if (last.counted && JSON.stringify(last.counted.counts) !== JSON.stringify(counts)) {
    found.push(`kept are ${JSON.stringify(last.counted.counts)}, listed ${JSON.stringify(counts)}`);
  }
  return [...found, ...wrongEnd(last, counts)];
}

/** Its end says what became of its targets. */
function wrongEnd({ state, tolerance }: Rollout, counts: Record<Target['state'], number>): string[] {
  const found: string[] = [];
  if (state === 'completed' && counts.outdated + counts.applying > 0) found.push('completed, and some are not done');
  if (state === 'completed' && counts.failed > tolerance) found.push('completed, and more have failed than may');
  if (state === 'rolled-back' && counts.applied + counts.unchanged + counts.applying > 0) {
    found.push('rolled back, and some are not taken back');
  }
  return found;
}

/** A target ends as the version, as it was before, or as somebody else has put it. */
function wrongTarget(here: RolloutWorld, { orgId, role, state, specHash }: Target, outside: Outside): string[] {
  const row = here.world.mappings.rows.get(`${orgId}/${role}`);
  const spec =
    row && [...VERSIONS, ...(outside.get(orgId) ?? [])].find((one) => isOf(one, { orgId, role }, row.specHash));
  const puts = outside.get(orgId);
  if (puts) return puts.includes(spec ?? 'removed') ? [] : [`${orgId} is ${spec}, and somebody has put ${puts}`];
  if (state === 'skipped') {
    return isOfEarlier(here, row) ? [] : [`${orgId} is skipped, and nobody has changed it`];
  }
  const former = VERSIONS.find((one) => isOf(one, { orgId, role }, specHash ?? undefined));
  return wrongVersion({ orgId, state, spec, former, boundTo: row?.template?.version });
}

function wrongVersion({
  orgId,
  state,
  spec,
  former,
  boundTo,
}: Pick<Target, 'orgId' | 'state'> & Record<'spec' | 'former', string | undefined> & { boundTo: number | undefined }) {
  const expected = { applied: WANTED, unchanged: WANTED, 'rolled-back': former, outdated: former }[String(state)];
  if (expected !== undefined && spec !== expected) return [`${orgId} is ${state}, and has ${spec}`];
  const version = [...VERSIONS].map(String).indexOf(spec ?? '') + 1;
  return boundTo === version ? [] : [`${orgId} has ${spec}, and is bound to ${boundTo}`];
}

/** What an earlier rollout had in flight when it was aborted may come after the plan of this one. */
function isOfEarlier({ rollouts, last }: RolloutWorld, row: AssistantMapping | undefined): boolean {
  const earlier = [...rollouts.kept.keys()].filter((id) => id !== last?.rolloutId);
  const operations = [row?.revisedBy, row?.template?.operationId];
  return earlier.some((id) => operations.some((operation) => operation?.startsWith(`${id}:`)));
}

function isOf(spec: string, key: AssistantKey, specHash: string | undefined): boolean {
  return spec !== 'removed' && desired(spec, key).specHash === specHash;
}
