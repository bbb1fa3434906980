/**
 * Shows that the fault tests can fail: breaks the protocol in a copy of the checkout, one rule at a time, and expects
 * the tests of the faults to go red; and green on a copy that nothing was done to. Run it with `npm run test:mutations`, or
 * `npm run test:mutations -- "POST retried"` for those whose name has these words; `RUNS=…` sets the random runs of each.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { MUTATIONS, type Mutation } from './mutations/mutation-list.ts';

const checkout = join(import.meta.dirname, '..');
const LEFT_OUT = ['node_modules', '.git', '.local', '.serverless', '.esbuild'];
const JEST = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--bail'];

/** Ends the tests that are running; their copy of the checkout goes too. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

/** True when the fault tests pass on a copy of the checkout, with or without a mutation. Throws when it is stopped. */
async function passes(mutation?: Mutation): Promise<boolean> {
  const copy = mkdtempSync(join(tmpdir(), 'vapi-sync-mutation-'));
  try {
    cpSync(checkout, copy, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) });
    symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'));
    if (mutation) mutate(copy, mutation);
    const tests = mutation?.noticedBy ?? 'test/faults';
    const { signal } = stopping;
    const child = spawn(process.execPath, [...JEST, tests], { cwd: copy, stdio: 'ignore', env: process.env, signal });
    const [code]: unknown[] = await once(child, 'exit');
    return code === 0;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function mutate(copy: string, { file, from, to }: Mutation): void {
  const path = join(copy, file);
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
}

/** Runs and prints one line; true when it went as it should. */
async function report(name: string, wanted: 'passes' | 'killed', mutation?: Mutation): Promise<boolean> {
  const started = Date.now();
  const outcome = (await passes(mutation)) ? 'passes' : 'killed';
  const seconds = ((Date.now() - started) / 1000).toFixed(0).padStart(4);
  console.log(`${(outcome === wanted ? outcome : outcome.toUpperCase()).padEnd(8)} ${seconds} s  ${name}`);
  return outcome === wanted;
}

async function main(): Promise<number> {
  const words = process.argv.slice(2).join(' ');
  // Were the tests red on any copy, every mutation would look killed.
  let isWell = await report('nothing broken', 'passes');
  for (const mutation of MUTATIONS.filter(({ name }) => name.includes(words))) {
    isWell = (await report(mutation.name, 'killed', mutation)) && isWell;
  }
  return isWell ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!stopping.signal.aborted) throw error;
  process.exitCode = 130;
}
