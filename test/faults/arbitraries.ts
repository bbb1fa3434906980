import * as fc from 'fast-check';
import { note, runs } from './report.ts';
import { VERDICTS, type Verb, type Verdict } from './upstream.ts';
import type { Crash, ProcessOptions } from './world.ts';

/**
 * Runs a property and keeps the table's row for it; a violation is reported with its seed and path, to be run again.
 */
export async function check<T>(
  scenario: string,
  property: { bounded: number; input: fc.Arbitrary<T>; run: (input: T) => Promise<string[]> },
) {
  const seed = Number(process.env.SEED ?? Date.now() % 0x7fffffff);
  const path = process.env.SEED_PATH;
  const details = await fc.check(
    fc.asyncProperty(property.input, async (input) => {
      const found = await property.run(input);
      if (found.length > 0) throw new Error(found.join('; '));
    }),
    { seed, numRuns: runs(property.bounded), ...(path ? { path } : {}) },
  );
  note({ scenario: `${scenario} (seed ${seed})`, runs: details.numRuns, violations: details.failed ? 1 : 0 });
  const again = `SEED=${seed} SEED_PATH=${details.counterexamplePath} npm run test:faults -- -t '${scenario}'`;
  return details.failed
    ? `replay with ${again}\n${String(details.errorInstance)}\n${fc.defaultReportMessage(details)}`
    : 'no violation';
}

/**
 * A number that is pointed after its caller has given up can no longer be told from one that somebody pointed by hand.
 */
export const verdict: fc.Arbitrary<(verb: Verb, request: string) => Verdict> = fc
  .array(fc.nat({ max: 99 }), { minLength: 10, maxLength: 60 })
  .map((numbers) => {
    let next = 0;
    return (verb: Verb, request: string) => {
      const number = numbers[next % numbers.length] ?? 0;
      next += 1;
      const choices = VERDICTS[verb].filter((one) => one !== 'late' || request !== 'PATCH number');
      return number < 55 ? 'ok' : (choices[number % choices.length] ?? 'ok');
    };
  });

const crash: fc.Arbitrary<Crash | undefined> = fc.option(
  fc.record({ at: fc.nat({ max: 12 }), when: fc.constantFrom<'before' | 'after'>('before', 'after') }),
  { nil: undefined, freq: 3 },
);

export const processOptions: fc.Arbitrary<ProcessOptions> = fc
  .record({
    crash,
    skewMs: fc.integer({ min: -5_000, max: 5_000 }),
    lambdaMs: fc.constantFrom(8_000, 29_000),
    remembers: fc.boolean(),
  })
  .map(({ crash: at, ...rest }) => ({ ...rest, ...(at ? { crash: at } : {}) }));
