import * as z from 'zod/mini';
import { startService, type TestService } from '../support/service.ts';
import { calls } from '../support/upstream.ts';

/** What one operation asks of others: the calls in order, and what DynamoDB charges for. */
export interface Costs {
  vapi: readonly string[];
  table: readonly string[];
  /** Read units: 4 KB each, consistent. */
  read: number;
  /** Write units: 1 KB each, of the whole item whatever is changed in it, and again for its place in the index. */
  write: number;
  secrets: number;
  queue: number;
}

const inputSchema = z.looseObject({ Key: z.optional(z.looseObject({ sk: z.looseObject({ S: z.string() }) })) });
const outputSchema = z.looseObject({
  ConsumedCapacity: z.optional(z.looseObject({ CapacityUnits: z.number() })),
  Attributes: z.optional(z.record(z.string(), z.unknown())),
});

/** A service that counts what each act costs. */
export interface CountedService extends TestService {
  costsOf(act: () => Promise<unknown>): Promise<Costs>;
}

/** Starts the service with counters on its table. */
export async function startCountedService(): Promise<CountedService> {
  const service = await startService();
  const units = { read: 0, write: 0 };
  service.dynamo.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } });
      const { ConsumedCapacity, Attributes = {} } = outputSchema.parse(result.output);
      const consumed = ConsumedCapacity?.CapacityUnits ?? 0;
      const { Key } = inputSchema.parse(args.input);
      // Half a read is charged for nothing found, a whole one when it is consistent; the emulator charges none.
      if (/^(Get|Query)/.test(String(context.commandName))) units.read += Math.max(consumed, 1);
      else units.write += consumed * (isIndexed(Attributes, Key?.sk.S) ? 2 : 1);
      return result;
    },
    { step: 'initialize' },
  );
  const costsOf = async (act: () => Promise<unknown>) => {
    service.clearCounts();
    Object.assign(units, { read: 0, write: 0 });
    await act();
    return {
      vapi: calls(service.vapi),
      table: [...service.tableOperations],
      ...units,
      secrets: service.secrets.requests.length,
      queue: service.sent.length,
    };
  };
  return { ...service, costsOf };
}

/** The emulator does not count the index. A mapping is in it as soon as it names an assistant, until it is removed. */
function isIndexed(written: Record<string, unknown>, sortKey = ''): boolean {
  return 'gsi1pk' in written || (Object.keys(written).length === 0 && sortKey.startsWith('ASSISTANT#'));
}
