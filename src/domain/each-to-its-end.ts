import pMap from 'p-map';

interface Manner {
  /** How many at a time. */
  concurrency: number;
  /** True: one that fails keeps nothing from the others. Else nothing is begun after a failure. */
  goesOn?: boolean;
}

/**
 * Acts on each, and ends when all that was begun has ended, also when one fails; then the first failure is thrown. What
 * is still under way when a function answers is frozen with its environment, and would go on at any later time.
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
