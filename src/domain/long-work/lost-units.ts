import type { LongWork } from './long-work.ts';
import type { Run, Unit } from './run.ts';

/**
 * Units of a run whose task was lost: they should be worked on by now, and nothing has happened to them since (ISO
 * 8601). A unit that is done but not noted as done is among them. `units` must be in the order of their numbers.
 */
export function lostUnits<R extends Run, U extends Unit>(
  { laneOf, parallelUnits }: Pick<LongWork<R, U>, 'laneOf' | 'parallelUnits'>,
  { run: { done }, units, since }: { run: R; units: readonly U[]; since: string },
): U[] {
  const fronts = new Map<string, U>();
  for (const unit of units.filter(({ number }) => !done.includes(number))) {
    // Each unit sends the task of the next one in its chain: only the first that is not done should be worked on.
    const chain = `${laneOf(unit)} ${unit.number % parallelUnits}`;
    if (!fronts.has(chain)) fronts.set(chain, unit);
  }
  return [...fronts.values()].filter(({ dueAt = '' }) => dueAt < since);
}
