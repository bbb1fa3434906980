import type { ColdResult } from './cold.ts';
import type { ContentionResult } from './contention.ts';
import type { WarmResult } from './warm.ts';

/** The highest ratio to the peer that is aimed at; a figure above is marked. */
const GOAL = 1;

const times = (ratio: number, goal = Number.POSITIVE_INFINITY) => `${ratio.toFixed(2)}×${ratio > goal ? ' !' : ''}`;
const ms = (value: number) => `${value.toFixed(1)} ms`;
const kb = (bytes: number) => `${(bytes / 1024).toFixed(0)} KB`;

/** Warm syncs against the peer and the bare calls. */
export function printWarm(results: readonly WarmResult[], where: string): void {
  console.log(`\nWarm sync, ${where} (goal: at most ${GOAL}× the peer)`);
  console.table(
    Object.fromEntries(
      results.map(({ name, toPeer, toBaseline, toSameCalls }) => [
        name,
        {
          wall: ms(toBaseline.wallMs),
          cpu: ms(toBaseline.cpuMs),
          peer: ms(toPeer.baselineWallMs),
          'to peer': times(toPeer.wallRatio, GOAL),
          'cpu to peer': times(toPeer.cpuRatio, GOAL),
          'to least calls': times(toBaseline.wallRatio),
          'to same calls, bare': times(toSameCalls.wallRatio),
        },
      ]),
    ),
  );
}

/** Cold starts against the peer, and against bare handlers. */
export function printCold(results: readonly ColdResult[]): void {
  console.log(`\nCold start, init and first answer (goal: at most ${GOAL}× the peer)`);
  console.table(
    Object.fromEntries(
      results.map(({ name, bytes, bareBytes, peerBytes, init, firstAnswer, toPeer, statusCode }) => [
        name,
        {
          size: kb(bytes),
          'bare size': kb(bareBytes),
          init: ms(init.wallMs),
          'init cpu': ms(init.cpuMs),
          'to bare': times(init.wallRatio),
          'first answer': ms(firstAnswer.wallMs),
          'answer to bare': times(firstAnswer.wallRatio),
          'peer size': peerBytes === undefined ? '' : kb(peerBytes),
          'answer to peer': toPeer ? times(toPeer.wallRatio, GOAL) : '',
          'cpu to peer': toPeer ? times(toPeer.cpuRatio, GOAL) : '',
          status: statusCode ?? '',
        },
      ]),
    ),
  );
}

/** The race for one new assistant. */
export function printContention(result: ContentionResult): void {
  const { processes, puts, allAnsweredMs, baselineMs, ratio, outcomes, assistantIds } = result;
  console.log(`\nContention: ${puts} concurrent PUTs of one new assistant from ${processes} processes`);
  console.log(
    `  all answered after ${ms(allAnsweredMs)}; ${processes} PUTs alone: ${ms(baselineMs)} (${times(ratio)})`,
  );
  console.log(`  answers: ${list(outcomes)}; assistants: ${assistantIds}`);
  console.log(`  upstream: ${list(result.upstreamCalls)}`);
  console.log(`  table: ${list(result.tableOperations)}; secrets: ${result.secretsCalls}`);
}

function list(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
