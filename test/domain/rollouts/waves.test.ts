import { waveSizes } from '../../../src/domain/rollouts/waves.ts';

it.each([
  ['each five times the one before, the last the rest', 40, { first: 1, factor: 5 }, [1, 5, 25, 9]],
  ['a factor that is no whole number grows, too', 20, { first: 1, factor: 1.5 }, [1, 1, 2, 3, 5, 7, 1]],
  ['as many again', 10, { first: 4, growth: 'linear' as const }, [4, 4, 2]],
  ['a percentage is of all targets, rounded down, at least one', 50, { first: '1%', factor: 100 }, [1, 49]],
  ['no target, no wave', 0, {}, []],
])('%s', (_name, targets, waves, sizes) => {
  const defaults = { first: 1, growth: 'exponential' as const, factor: 5, bakeSeconds: 0 };
  expect(waveSizes(targets, { ...defaults, ...waves })).toEqual(sizes);
});
