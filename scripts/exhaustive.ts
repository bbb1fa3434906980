/**
 * Visits every order of effects of every two operations within the bounds of docs/proof.md. Each case that is done is
 * written down in .local/exhaustive, under a name made from the code that it depends on: a run that is stopped goes on
 * where it was.
 *
 *   npm run test:exhaustive                          all cases
 *   npm run test:exhaustive -- "one crash" synced    those whose name has each of these words
 *   npm run test:exhaustive -- --counterexample      looks for one violation, and prints how it comes about
 *   MAX_STATES=500000                                of one case, at most (400,000; 100,000 with a frozen process);
 *                                                    what is not reached is said
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { textOfJob } from '../test/exhaustive/aftermath.ts';
import { caseOf, type Planned, warmUp } from '../test/exhaustive/cases.ts';
import { explore } from '../test/exhaustive/explore.ts';
import { everyCase, searchOrder } from '../test/exhaustive/plan.ts';
import { knownAs, type Summary, summaryOf, tableOfSummaries } from '../test/exhaustive/summary.ts';
import { tableOf } from '../test/exhaustive/trail.ts';

const checkout = join(import.meta.dirname, '..');
const MAX_STATES = Number(process.env.MAX_STATES ?? 400_000);
/** Where nobody dies at the end of its time there are more states than memory holds. */
const MAX_FROZEN_STATES = Number(process.env.MAX_STATES ?? 100_000);

/** The rules, the simulated world and the explorer: what a figure depends on. */
function digestOfSources(): string {
  const files = globSync(
    ['src/domain/**/*.ts', 'test/exhaustive/*.ts', 'test/faults/*.ts', 'test/support/memory-stores.ts'],
    {
      cwd: checkout,
    },
  );
  const hash = createHash('sha256').update(String(MAX_STATES));
  for (const file of files.toSorted()) if (!file.endsWith('.test.ts')) hash.update(readFileSync(join(checkout, file)));
  return hash.digest('hex').slice(0, 16);
}

async function run({ planned, done, file }: { planned: Planned; done: Map<string, Summary>; file: string }) {
  const given = await caseOf(planned);
  const before = done.get(given.name);
  if (before) return before;
  const maxStates = planned.fault === 'one frozen process' ? MAX_FROZEN_STATES : MAX_STATES;
  const report = await explore(given, { order: 'depth', stopAtFirst: false, maxStates });
  const summary = summaryOf(report, planned.fault);
  appendFileSync(file, `${JSON.stringify(summary)}\n`);
  for (const violation of report.violations) {
    if (knownAs(violation.what, summary)) continue;
    console.log(`\n${given.name}\n${tableOf(violation, given.jobs.map(textOfJob))}`);
  }
  return summary;
}

function readDone(file: string): Map<string, Summary> {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return new Map(lines.map((line): Summary => JSON.parse(line)).map((summary) => [summary.name, summary]));
}

function matching(all: readonly Planned[], words: readonly string[]): Planned[] {
  const textOf = ({ past, operations, fault }: Planned) => `${operations.join(' ∥ ')}, from "${past}", ${fault}`;
  return all.filter((one) => words.every((word) => textOf(one).includes(word)));
}

async function exploreAll(words: readonly string[]): Promise<number> {
  const folder = join(checkout, '.local', 'exhaustive');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${digestOfSources()}.jsonl`);
  const done = readDone(file);
  const summaries: Summary[] = [];
  for (const planned of matching(everyCase(), words)) summaries.push(await run({ planned, done, file }));
  for (const [count, name] of ['one operation', 'every two operations', 'three operations'].entries()) {
    const some = summaries.filter((summary) => summary.name.split('∥').length === count + 1);
    if (some.length > 0) console.log(`\n${name}\n${tableOfSummaries(some)}`);
  }
  for (const line of knownFound(summaries)) console.log(`known: ${line}`);
  for (const { name } of summaries.filter(({ isComplete }) => !isComplete))
    console.log(`not reached to its end: ${name}`);
  return summaries.some((one) => one.violations.some((what) => !knownAs(what, one))) ? 1 : 0;
}

function knownFound(summaries: readonly Summary[]): string[] {
  const names = summaries.map((one) => new Set(one.violations.flatMap((what) => knownAs(what, one) ?? [])));
  const each = new Set(names.flatMap((some) => [...some]));
  return [...each].map((name) => `${name}, in ${names.filter((some) => some.has(name)).length} cases`);
}

/** Looks for a violation that is not known yet, and prints the shortest of the first case that has one. */
async function findCounterexample(words: readonly string[]): Promise<number> {
  for (const planned of matching(searchOrder(), words)) {
    const given = await caseOf(planned);
    const isKnown = (what: string) => knownAs(what, { name: given.name, fault: planned.fault }) !== undefined;
    const report = await explore(given, { order: 'shortest', stopAtFirst: true, maxStates: MAX_STATES, isKnown });
    const [violation] = report.violations.filter(({ what }) => !isKnown(what));
    if (!violation) continue;
    console.log(`${given.name}\n${tableOf(violation, given.jobs.map(textOfJob))}`);
    return 1;
  }
  return 0;
}

async function main(): Promise<number> {
  warmUp();
  const words = process.argv.slice(2);
  const rest = words.filter((word) => word !== '--counterexample');
  return rest.length < words.length ? await findCounterexample(rest) : await exploreAll(words);
}

process.exitCode = await main();
