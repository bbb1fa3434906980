import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';

const inputSchema = z.looseObject({
  ConsistentRead: z.boolean().optional(),
  Key: z.looseObject({ sk: z.looseObject({ S: z.string() }) }).optional(),
  /** Of a put. */
  Item: z.record(z.string(), z.unknown()).optional(),
});
const capacity = z.looseObject({ CapacityUnits: z.number() });

const outputSchema = z.looseObject({
  /** A list from a batch, of its tables. */
  ConsumedCapacity: z.union([capacity, z.array(capacity)]).optional(),
  Attributes: z.record(z.string(), z.unknown()).optional(),
});

/** The units that DynamoDB would charge for. */
interface TableUnits {
  /** Requests by name. */
  operations: Record<string, number>;
  /** Read units: 4 KB each when consistent, 8 KB when not. */
  read: number;
  /** Write units: 1 KB each, of the whole item whatever is changed in it, and again for its place in the index. */
  write: number;
}

/** Counts what the requests of a client cost from now on. Conditional writes that fail count only as requests. */
export function countUnits(client: DynamoDBClient): TableUnits {
  const units: TableUnits = { operations: {}, read: 0, write: 0 };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const name = String(context.commandName).replace('Command', '');
      units.operations[name] = (units.operations[name] ?? 0) + 1;
      const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' };
      const result = await next({ ...args, input });
      charge(units, { name, input, output: result.output });
      return result;
    },
    { step: 'initialize' },
  );
  return units;
}

function charge(units: TableUnits, request: { name: string; input: object; output: unknown }): void {
  const { ConsumedCapacity = [], Attributes = {} } = outputSchema.parse(request.output);
  const { ConsistentRead = false, Key, Item } = inputSchema.parse(request.input);
  const consumed = [ConsumedCapacity].flat().reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
  // A read that finds nothing is charged as the smallest one, for which the emulator charges nothing.
  if (/^(Get|Query|BatchGet)/.test(request.name)) units.read += Math.max(consumed, ConsistentRead ? 1 : 0.5);
  else units.write += consumed * (isIndexed(Item ?? Attributes, Key?.sk.S) ? 2 : 1);
}

/** The emulator does not count the index. A mapping is in it as soon as it names an assistant, until it is removed. */
function isIndexed(written: Record<string, unknown>, sortKey = ''): boolean {
  return 'gsi1pk' in written || (Object.keys(written).length === 0 && sortKey.startsWith('ASSISTANT#'));
}
