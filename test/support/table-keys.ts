import { z } from 'zod';
import type { AwsRequest, TestService } from './service.ts';

const text = z.object({ S: z.string() });
const key = z.object({ pk: text });
const input = z.union([
  z.object({ Key: key }).transform(({ Key }) => [Key.pk.S]),
  z.object({ Item: key }).transform(({ Item }) => [Item.pk.S]),
  z
    .object({ RequestItems: z.record(z.string(), z.object({ Keys: z.array(key) })) })
    .transform(({ RequestItems }) => Object.values(RequestItems).flatMap(({ Keys }) => Keys.map(({ pk }) => pk.S))),
  z
    .object({
      KeyConditionExpression: z.string().regex(/^\w+ = :pk\b/),
      ExpressionAttributeValues: z.object({ ':pk': text }),
    })
    .transform(({ ExpressionAttributeValues }) => [ExpressionAttributeValues[':pk'].S]),
]);

/** What was asked of the table, and not of the queue. */
export function tableRequestsOf({ awsRequests }: TestService): AwsRequest[] {
  return awsRequests.filter(({ service }) => service === 'dynamodb');
}

/**
 * The partition keys that a request is about, which are what IAM's `dynamodb:LeadingKeys` sees. Throws when it has
 * none.
 */
export function partitionKeysOf(request: AwsRequest): string[] {
  return input.parse(request.input);
}

/** The index that a request reads, undefined for the table itself. */
export function indexOf({ input: asked }: AwsRequest): string | undefined {
  return z.object({ IndexName: z.string().optional() }).parse(asked).IndexName;
}
