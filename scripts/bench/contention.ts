import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { bundle } from './bundle.ts';
import { median } from './samples.ts';
import { type BenchStack, replyOf } from './stack.ts';

/** Many processes that want one new assistant at the same moment. Counts are those of the round of median length. */
export interface ContentionResult {
  processes: number;
  puts: number;
  allAnsweredMs: number;
  /** The same number of answers by one process, one after the other, without contention. */
  baselineMs: number;
  ratio: number;
  outcomes: Record<string, number>;
  assistantIds: number;
  upstreamCalls: Record<string, number>;
  tableOperations: Record<string, number>;
  secretsCalls: number;
}

const PROCESSES = 8;
const PUTS_EACH = 25;

const ready = z.object({ ready: z.literal(true) });
const done = z.object({
  answers: z.array(z.object({ statusCode: z.number(), assistantId: z.string().nullable(), outcome: z.string() })),
  operations: z.array(z.string()),
});

type Done = z.infer<typeof done>;

/** 200 concurrent PUTs of one new assistant from 8 processes, several times. */
export async function measureContention(
  stack: BenchStack,
  options: { directory: string; rounds: number },
): Promise<ContentionResult> {
  const program = join(options.directory, 'contention.cjs');
  await bundle(join(import.meta.dirname, 'contention-process.ts'), program);
  const rounds: Awaited<ReturnType<typeof race>>[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    rounds.push(await race(stack, { program, processes: PROCESSES, each: PUTS_EACH }));
  }
  const baselines: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const { ms } = await race(stack, { program, processes: PROCESSES, each: 1 });
    baselines.push(ms);
  }
  const allAnsweredMs = median(rounds.map(({ ms }) => ms));
  const middle = rounds.toSorted((a, b) => a.ms - b.ms)[Math.floor(rounds.length / 2)];
  if (!middle) throw new Error('There has to be a round');
  const baselineMs = median(baselines);
  const puts = PROCESSES * PUTS_EACH;
  return { processes: PROCESSES, puts, allAnsweredMs, baselineMs, ratio: allAnsweredMs / baselineMs, ...middle.counts };
}

interface Race {
  program: string;
  processes: number;
  each: number;
}

async function race(stack: BenchStack, { program, processes, each }: Race) {
  const orgId = `bench-race-${randomUUID().slice(0, 8)}`;
  const children = Array.from({ length: processes }, () =>
    fork(program, [orgId, String(each)], { env: stack.environment, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }),
  );
  await Promise.all(children.map((child) => replyOf(child, ready)));
  await stack.clear();
  const started = performance.now();
  for (const child of children) child.send('go');
  const replies = await Promise.all(children.map((child) => replyOf(child, done)));
  const ms = performance.now() - started;
  return { ms, counts: countsOf(replies, await stack.upstreamCalls()) };
}

function countsOf(replies: readonly Done[], upstream: readonly string[]) {
  const answers = replies.flatMap((reply) => reply.answers);
  const targets = replies.flatMap(({ operations }) => operations);
  const table = targets.filter((target) => target.startsWith('DynamoDB_'));
  return {
    outcomes: tally(answers.map(({ outcome }) => outcome)),
    assistantIds: new Set(answers.flatMap(({ assistantId }) => assistantId ?? [])).size,
    upstreamCalls: tally(upstream),
    tableOperations: tally(table.map((target) => target.replace(/^.*\./, ''))),
    secretsCalls: targets.filter((target) => target.startsWith('secretsmanager')).length,
  };
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
