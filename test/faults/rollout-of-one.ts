import type { Operation } from '../../src/domain/operation.ts';
import type { RolloutCall } from '../../src/domain/rollouts/dependencies.ts';
import type { Rollout, Target } from '../../src/domain/rollouts/rollout.ts';
import { applyTarget, takeTargetBack } from '../../src/domain/rollouts/work/apply-target.ts';
import { NamedIds } from '../../src/domain/templates/resolve-references.ts';
import type { Template } from '../../src/domain/templates/template.ts';
import { bodyOf, type Ending } from './jobs.ts';

/** The versions of one template, each the configuration of one name. */
export const TEMPLATE = 'clinic';
export const VERSIONS: Readonly<Record<number, string>> = { 1: 'a1', 2: 'b1' };

/** A rollout to the second version. What only its planner and its waves need is of no account. */
const ROLLOUT: Rollout = {
  rolloutId: 'rollout-1',
  template: TEMPLATE,
  version: 2,
  waves: { first: 1, growth: 'linear', factor: 1, bakeSeconds: 0 },
  maxConcurrent: 1,
  failureTolerance: 0,
  onFailure: 'pause',
  alarms: [],
  sizes: [1],
  state: 'running',
  wave: 1,
  targets: 1,
  tolerance: 0,
  unit: 0,
  unitCount: 1,
  startedBy: { kind: 'local', id: 'test' },
  startedAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  change: 1,
};

/** What a worker does with one target: its state afterwards, in capitals when it is to be tried again or has failed. */
export async function workOnTarget(operation: Operation, step: 'apply' | 'take back', target: Target): Promise<Ending> {
  const act = step === 'apply' ? applyTarget : takeTargetBack;
  const { state } = (await act(callOf(operation), ROLLOUT, target)).target;
  return state === 'outdated' || state === 'failed' ? state.toUpperCase() : state;
}

function callOf(operation: Operation): RolloutCall {
  const { runtime } = operation;
  return {
    ...operation,
    rollouts: {
      newest: unasked,
      newestOfAll: unasked,
      makeNewest: unasked,
      create: unasked,
      read: unasked,
      write: unasked,
      list: unasked,
    },
    targets: { add: unasked, read: unasked, write: unasked, all: unasked },
    fleet: { everyRow: unasked },
    bound: {
      templates: {
        newest: unasked,
        version: async (_id, version) => templateOf(version),
        add: unasked,
        show: unasked,
        list: unasked,
      },
      variables: { read: async () => ({}), replace: unasked },
      references: new NamedIds(runtime),
    },
    pacer: {
      paced: (account) => ({ ...account, calls: { lists: 0, gets: 0, numbers: 0, tools: 0, traffic: 0 } }),
    },
    callsPerSecond: 10,
    inlineCredentials: false,
  };
}

function unasked(): never {
  throw new Error('one target needs nothing of the rollout');
}

function templateOf(version: number): Template | undefined {
  const spec = VERSIONS[version];
  if (!spec) return undefined;
  return { templateId: TEMPLATE, version, hash: spec, content: { variables: {}, assistant: bodyOf(spec) } };
}
