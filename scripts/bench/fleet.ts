import { fork } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { replyOf } from './stack.ts';

const rowsSchema = z.object({ rows: z.array(z.looseObject({ size: z.number() })) });

/** One drift run over a fleet of each size, as `npm run bench:drift` shows them. Prints its own table. */
export async function measureFleets(sizes: readonly string[]): Promise<Record<string, unknown>[]> {
  const program = join(import.meta.dirname, '../drift-fleet.ts');
  const child = fork(program, sizes, { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return (await replyOf(child, rowsSchema)).rows;
}
