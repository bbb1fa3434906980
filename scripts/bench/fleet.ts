import { fork } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { replyOf } from './stack.ts';

const rowsSchema = z.object({ rows: z.array(z.looseObject({ size: z.number() })) });

/**
 * One drift run, or one rollout, over a fleet of each size, as `npm run bench:drift` and `bench:rollouts` show them.
 * Prints its own table.
 */
export async function measureFleets(
  kind: 'drift' | 'rollout',
  sizes: readonly string[],
): Promise<Record<string, unknown>[]> {
  const program = join(import.meta.dirname, `../${kind}-fleet.ts`);
  const child = fork(program, sizes, { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return (await replyOf(child, rowsSchema)).rows;
}
