import type { Rollout } from '../../console/src/common/api-types.ts';
import { wavesOf } from '../../console/src/rollouts/progress.ts';

function rollout(counts: Partial<Rollout['counts']>): Rollout {
  const none = { outdated: 0, applying: 0, applied: 0, unchanged: 0, failed: 0, skipped: 0, 'rolled-back': 0 };
  const all = { ...none, ...counts };
  return {
    ...{ rolloutId: 'r', template: 'clinic', version: 2, state: 'running', wave: 1, waves: [1, 3, 9] },
    ...{ targets: 13, counts: all, ratePerMinute: 0, expectedEndAt: null, failures: [] },
    ...{ startedBy: { kind: 'iam', id: 'x' }, startedAt: '2026-11-29T12:00:00.000Z', endedAt: null },
  };
}

it.each<[string, Partial<Rollout['counts']>, number[], number[]]>([
  ['nothing is done yet', { outdated: 13 }, [0, 0, 0], [0, 0, 0]],
  [
    'the second wave is under way: what failed is done with, too',
    { applied: 2, failed: 1, outdated: 10 },
    [1, 2, 0],
    [0, 0, 0],
  ],
  ['all is done', { applied: 12, skipped: 1 }, [1, 3, 9], [0, 0, 0]],
  ['a rollback begins with the newest wave', { applied: 2, 'rolled-back': 4, outdated: 7 }, [1, 1, 0], [0, 2, 2]],
  ['all is rolled back', { 'rolled-back': 13 }, [0, 0, 0], [1, 3, 9]],
])('%s', (_name, counts, done, back) => {
  const waves = wavesOf(rollout(counts));
  expect(waves.map((wave) => wave.done)).toEqual(done);
  expect(waves.map((wave) => wave.back)).toEqual(back);
});
