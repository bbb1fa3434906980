import { z } from 'zod';
import type { TableRequest } from './service.ts';

const text = z.object({ S: z.string() });
const key = z.object({ pk: text });
const input = z.union([
  z.object({ Key: key }).transform(({ Key }) => Key.pk.S),
  z.object({ Item: key }).transform(({ Item }) => Item.pk.S),
  z
    .object({
      KeyConditionExpression: z.string().regex(/^\w+ = :pk\b/),
      ExpressionAttributeValues: z.object({ ':pk': text }),
    })
    .transform(({ ExpressionAttributeValues }) => ExpressionAttributeValues[':pk'].S),
]);

/** The partition key that a request is about, which is what IAM's `dynamodb:LeadingKeys` sees. Throws when it has none. */
export function partitionKeyOf(request: TableRequest): string {
  return input.parse(request.input);
}

/** The index that a request reads, undefined for the table itself. */
export function indexOf({ input: asked }: TableRequest): string | undefined {
  return z.object({ IndexName: z.string().optional() }).parse(asked).IndexName;
}
