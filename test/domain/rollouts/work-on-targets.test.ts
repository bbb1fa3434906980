import { setTimeout as delay } from 'node:timers/promises';
import type { RolloutCall } from '../../../src/domain/rollouts/dependencies.ts';
import type { Rollout, Target } from '../../../src/domain/rollouts/rollout.ts';
import { workOnTargets } from '../../../src/domain/rollouts/work/work-on-targets.ts';
import { MemoryRolloutStore, MemoryTargetStore } from '../../support/memory-rollouts.ts';

const rolloutId = 'r';
const rollout = { rolloutId, state: 'running', maxConcurrent: 2 } as Rollout;
const targetOf = (orgId: string) => ({ orgId, role: 'inbound', state: 'outdated' }) as Target;

it('what is unexpected with one target ends the work only when the others in hand have ended, and nothing new begins', async () => {
  const rollouts = new MemoryRolloutStore();
  const targets = new MemoryTargetStore();
  await rollouts.create(rollout);
  const unit = { rolloutId, number: 0, wave: 1, targets: ['a', 'b', 'c'].map(targetOf), version: 1 };
  await targets.add(unit);
  const call = {
    rollouts,
    targets,
    deadline: { remainingMs: () => 120_000 },
    callsPerSecond: 1_000,
    runtime: { now: () => Date.now() },
    journal: { record: () => {} },
  } as unknown as RolloutCall;
  const steps: string[] = [];
  const act = async (target: Target) => {
    steps.push(`${target.orgId} begins`);
    if (target.orgId === 'a') throw new Error('the table is busy');
    await delay(30);
    steps.push(`${target.orgId} ends`);
    return { target: { ...target, state: 'applied' as const } };
  };
  const working = workOnTargets(call, rollout, { unit, isDue: () => true, act });
  await expect(working).rejects.toThrow('the table is busy');
  expect(steps).toEqual(['a begins', 'b begins', 'b ends']);
  expect((await targets.read(rolloutId, 0))?.targets.map(({ state }) => state)).toEqual([
    'applying',
    'applied',
    'outdated',
  ]);
});
