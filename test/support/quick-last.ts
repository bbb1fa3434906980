import TestSequencer from '@jest/test-sequencer';

type Tests = Parameters<InstanceType<typeof TestSequencer>['sort']>[0];

/**
 * Jest's order: the longest first, once it knows how long each file takes. Before that it takes the largest file for
 * the longest; then the pure rules come last, which take no time each, as one worker would be left with what is long
 * and small.
 */
export default class QuickLast extends TestSequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const sorted = await super.sort(tests);
    if (sorted.every(({ duration }) => duration !== undefined)) return sorted;
    const isQuick = ({ path }: { path: string }) =>
      /\/test\/domain\/(account|configuration|mapping|sync|history)\//.test(path);
    return [...sorted.filter((test) => !isQuick(test)), ...sorted.filter(isQuick)];
  }
}
