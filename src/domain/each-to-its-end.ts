import pMap from 'p-map';

interface Manner {
  /** How many items at a time. */
  concurrency: number;
  /** True: after a failure the other items are still begun. False: nothing is begun after a failure. */
  goesOn?: boolean;
}

/**
 * Acts on each item and waits until everything that was begun has ended, also after a failure; then throws the first
 * failure. Work that is still under way when a Lambda function answers is frozen with its environment, and would go on
 * at some later invocation.
 */
export async function eachToItsEnd<T>(
  items: Iterable<T> | AsyncIterable<T>,
  act: (item: T) => Promise<unknown>,
  { concurrency, goesOn = false }: Manner,
): Promise<void> {
  const failures: unknown[] = [];
  const one = async (item: T) => {
    if (failures.length > 0 && !goesOn) return;
    try {
      await act(item);
    } catch (error) {
      failures.push(error);
    }
  };
  await pMap(items, one, { concurrency });
  if (failures.length > 0) throw failures[0];
}
