import { fork } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { bundle, PEER } from './bundle.ts';
import { type Comparison, compare } from './samples.ts';
import { type BenchStack, replyOf } from './stack.ts';

const sample = z.object({ wallMs: z.number(), cpuMs: z.number() });
const resultsSchema = z.object({
  results: z.record(z.string(), z.array(z.object({ ours: sample, peer: sample, baseline: sample, sameCalls: sample }))),
});

/** A warm sync against the peer, against the least that it takes, and against its own calls without its code. */
export interface WarmResult {
  name: string;
  toPeer: Comparison;
  toBaseline: Comparison;
  toSameCalls: Comparison;
}

/** Measures warm syncs in a process that does nothing else; the stack is in another one. */
export async function measureWarm(
  stack: BenchStack,
  options: { directory: string; rounds: number; isDistant?: boolean },
): Promise<WarmResult[]> {
  const program = join(options.directory, 'warm.cjs');
  await bundle(join(import.meta.dirname, 'warm-process.ts'), program);
  const files = { ours: join(options.directory, 'sync.cjs'), peer: join(options.directory, 'peer.cjs') };
  await bundle(join(import.meta.dirname, '../../src/handlers/sync.ts'), files.ours);
  await bundle(PEER, files.peer);
  const env = options.isDistant ? stack.distantEnvironment : stack.environment;
  // Calls at a distance take long, and differ little.
  const calls = options.isDistant ? 2 : 8;
  const child = fork(program, [String(options.rounds), String(calls), files.ours, files.peer], {
    env,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const { results } = await replyOf(child, resultsSchema);
  return Object.entries(results).map(([name, rounds]) => {
    const of = (who: 'peer' | 'baseline' | 'sameCalls') =>
      compare(
        rounds.map((round) => round.ours),
        rounds.map((round) => round[who]),
      );
    return { name, toPeer: of('peer'), toBaseline: of('baseline'), toSameCalls: of('sameCalls') };
  });
}
