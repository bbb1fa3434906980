/** One of the processes of `contention.ts`: sends its PUTs all at once when it is told to, and counts its AWS calls. */
import { subscribe } from 'node:diagnostics_channel';
import { handler } from '../../src/handlers/sync.ts';
import { benchContext } from './context.ts';
import { configuration, httpEvent } from './events.ts';

const [orgId = '', puts = '1'] = process.argv.slice(2);
const event = httpEvent({ method: 'PUT', orgId, role: 'inbound', body: configuration() });
const operations: string[] = [];

subscribe('http.client.request.start', (message) => {
  if (typeof message !== 'object' || message === null || !('request' in message)) return;
  const { request } = message;
  if (typeof request !== 'object' || request === null || !('getHeader' in request)) return;
  const { getHeader } = request;
  if (typeof getHeader !== 'function') return;
  const target: unknown = getHeader.call(request, 'x-amz-target');
  if (typeof target === 'string') operations.push(target);
});

process.send?.({ ready: true });
process.once('message', async () => {
  const answers = await Promise.all(
    Array.from({ length: Number(puts) }, async () => {
      const { statusCode, body } = await handler(event, benchContext());
      const { assistantId, outcome, code } = JSON.parse(body ?? '{}');
      return { statusCode, assistantId: assistantId ?? null, outcome: outcome ?? code };
    }),
  );
  process.send?.({ answers, operations }, () => process.exit(0));
});
