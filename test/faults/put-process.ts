/**
 * One Lambda environment as a process of its own: builds the application, says that it is ready, and with the first
 * line on its standard input sends the event that it was given as argument. The last line of its output is the answer.
 */

import { handler } from '../../src/handlers/sync.ts';
import { contextOf } from '../support/context.ts';

const event: unknown = JSON.parse(process.argv[2] ?? '{}');

process.stdout.write('ready\n');
process.stdin.once('data', async () => {
  const ends = Date.now() + 29_000;
  const context = contextOf(() => ends - Date.now(), `process-${process.pid}`);
  const answer = await handler(event, context);
  process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
});
