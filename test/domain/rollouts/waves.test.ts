import { waveSizes } from '../../../src/domain/rollouts/waves.ts';

const waves = { first: 1, growth: 'exponential', factor: 5, bakeSeconds: 0 } as const;

it.each([
  ['grows times five', 40, waves, [1, 5, 25, 9]],
  ['has the rest last', 7, { ...waves, first: 3, growth: 'linear' as const }, [3, 3, 1]],
  ['begins with a percentage', 50, { ...waves, first: '10%' }, [5, 25, 20]],
  ['grows by a factor that is no whole number', 12, { ...waves, factor: 1.5 }, [1, 1, 2, 3, 5]],
  ['stays where the factor is 1', 3, { ...waves, factor: 1 }, [1, 1, 1]],
])('%s', (_name, targets, given, sizes) => {
  expect(waveSizes(targets, given)).toEqual(sizes);
});
