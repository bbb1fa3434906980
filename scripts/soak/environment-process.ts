/** One Lambda environment: loads the packaged function that is named, and answers one event after the other. */
import { createRequire } from 'node:module';
import { z } from 'zod';
import { invocationOf } from '../../local/stack/lambda-context.ts';

const invocation = z.object({ event: z.unknown(), timeoutMs: z.number() });

const [file = ''] = process.argv.slice(2);
const { handler } = createRequire(file)(file);

process.on('message', async (message) => {
  const { event, timeoutMs } = invocation.parse(message);
  try {
    process.send?.({ answer: await handler(event, invocationOf('soak', timeoutMs)) });
  } catch (error) {
    process.send?.({ failure: String(error) });
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });
