/**
 * Shows that the fault tests can fail: breaks the protocol in a copy of the checkout, one rule at a time, and expects
 * the tests of the faults to go red; and green on a copy that nothing was done to. Run it with `npm run
 * test:mutations`, or `npm run test:mutations -- "POST retried"` for those whose name has these words; `RUNS=…` sets
 * the random runs of each.
 *
 * `npm run test:mutations -- --exhaustive` has the explorer of every order notice them instead (docs/proof.md), and
 * prints the shortest counterexample of the first case that has one; then those of `subtle-mutations.ts`, which random
 * runs miss. `--random` shows that: it runs the random tests on these alone, `RUNS=1000` unless told.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Edit, MUTATIONS, type Mutation } from './mutations/mutation-list.ts';
import { SUBTLE_MUTATIONS } from './mutations/subtle-mutations.ts';

const checkout = join(import.meta.dirname, '..');
const LEFT_OUT = ['node_modules', '.git', '.local', '.serverless', '.esbuild'];
const JEST = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--bail'];

/** Ends the tests that are running; their copy of the checkout goes too. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

/** How a copy of the checkout is looked at. */
interface Look {
  command: readonly string[];
  /** True for one whose output says how it comes about. */
  isShown: boolean;
  env?: NodeJS.ProcessEnv;
}

const EXPLORER: Look = { command: ['--no-warnings', 'scripts/exhaustive.ts', '--counterexample'], isShown: true };
const RANDOM: Look = {
  command: [...JEST, 'test/faults/interleavings'],
  isShown: false,
  env: { RUNS: '1000', ...process.env },
};

function testsOf(mutation?: Mutation): Look {
  return { command: [...JEST, mutation?.noticedBy ?? 'test/faults'], isShown: false };
}

/** True when a copy of the checkout passes, with or without an edit. Throws when it is stopped. */
async function passes({ command, isShown, env = process.env }: Look, edit?: Edit): Promise<boolean> {
  const copy = mkdtempSync(join(tmpdir(), 'vapi-sync-mutation-'));
  try {
    cpSync(checkout, copy, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) });
    symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'));
    if (edit) mutate(copy, edit);
    const { signal } = stopping;
    const stdio = ['ignore', isShown ? 'inherit' : 'ignore', 'ignore'] as const;
    const child = spawn(process.execPath, command, { cwd: copy, stdio: [...stdio], env, signal });
    const [code]: unknown[] = await once(child, 'exit');
    return code === 0;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function mutate(copy: string, { file, from, to }: Edit): void {
  const path = join(copy, file);
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
}

interface Expected {
  name: string;
  wanted: 'passes' | 'killed';
  look: Look;
  edit?: Edit;
}

/** Runs and prints one line; true when it went as it should. */
async function report({ name, wanted, look, edit }: Expected): Promise<boolean> {
  const started = Date.now();
  const outcome = (await passes(look, edit)) ? 'passes' : 'killed';
  const seconds = ((Date.now() - started) / 1000).toFixed(0).padStart(4);
  console.log(`${(outcome === wanted ? outcome : outcome.toUpperCase()).padEnd(8)} ${seconds} s  ${name}`);
  return outcome === wanted;
}

async function byTests(words: string): Promise<boolean> {
  // Were the tests red on any copy, every mutation would look killed.
  let isWell = await report({ name: 'nothing broken', wanted: 'passes', look: testsOf() });
  for (const mutation of MUTATIONS.filter(({ name }) => name.includes(words))) {
    const expected = { name: mutation.name, wanted: 'killed', look: testsOf(mutation), edit: mutation } as const;
    isWell = (await report(expected)) && isWell;
  }
  return isWell;
}

async function byExplorer(words: string): Promise<boolean> {
  let isWell = true;
  const clean = new Set<string>();
  for (const mutation of [...MUTATIONS, ...SUBTLE_MUTATIONS].filter(({ name }) => name.includes(words))) {
    const { name, beyondExplorer, seenIn = [], inMemory: edit = mutation } = mutation;
    if (beyondExplorer) {
      console.log(`not explored    ${name}: ${beyondExplorer}`);
      continue;
    }
    const look = { ...EXPLORER, command: [...EXPLORER.command, ...seenIn] };
    const cases = seenIn.join(', ');
    // What is found there must not be there without the variant.
    if (!clean.has(cases))
      isWell = (await report({ name: `nothing broken: ${cases}`, wanted: 'passes', look })) && isWell;
    clean.add(cases);
    isWell = (await report({ name, wanted: 'killed', look, edit })) && isWell;
  }
  return isWell;
}

async function byRandomRuns(words: string): Promise<boolean> {
  let isWell = true;
  for (const edit of SUBTLE_MUTATIONS.filter(({ name }) => name.includes(words))) {
    isWell = (await report({ name: edit.name, wanted: 'passes', look: RANDOM, edit })) && isWell;
  }
  return isWell;
}

async function main(): Promise<number> {
  const [first, ...rest] = process.argv.slice(2);
  if (first === '--exhaustive') return (await byExplorer(rest.join(' '))) ? 0 : 1;
  if (first === '--random') return (await byRandomRuns(rest.join(' '))) ? 0 : 1;
  return (await byTests([first, ...rest].join(' '))) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!stopping.signal.aborted) throw error;
  process.exitCode = 130;
}
