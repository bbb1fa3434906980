import type { LongWork } from './long-work.ts';
import type { Run, Unit } from './run.ts';

/**
 * Units of a run that should be worked on by now, and in which nothing has happened since (ISO 8601): their task was
 * lost. One that is done and could not say so is among them. `units` are in the order of their numbers.
 */
export function lostUnits<R extends Run, U extends Unit>(
  { laneOf, parallelUnits }: Pick<LongWork<R, U>, 'laneOf' | 'parallelUnits'>,
  { run: { done }, units, since }: { run: R; units: readonly U[]; since: string },
): U[] {
  const fronts = new Map<string, U>();
  for (const unit of units.filter(({ number }) => !done.includes(number))) {
    // Of those that send each other one after the other, the first is to be worked on.
    const chain = `${laneOf(unit)} ${unit.number % parallelUnits}`;
    if (!fronts.has(chain)) fronts.set(chain, unit);
  }
  return [...fronts.values()].filter(({ dueAt = '' }) => dueAt < since);
}
