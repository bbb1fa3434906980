import { paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Table } from './claimed-rows.ts';
import type { Item } from './table-keys.ts';

interface PartitionQuery {
  pk: string;
  /** How the sort keys begin. */
  prefix: string;
  /** The attributes that are wanted; all of them unless named. A name may be a word that DynamoDB reserves. */
  attributes?: readonly string[];
}

/** The items of a partition, read consistently, page after page. */
export async function* itemsOf(
  { client, name }: Table,
  { pk, prefix, attributes = [] }: PartitionQuery,
): AsyncGenerator<Item> {
  const projection = {
    ProjectionExpression: attributes.map((attribute) => `#${attribute}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((attribute) => [`#${attribute}`, attribute])),
  };
  const query = {
    TableName: name,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: marshall({ ':pk': pk, ':prefix': prefix }),
    ...(attributes.length > 0 ? projection : {}),
  };
  for await (const { Items = [] } of paginateQuery({ client }, query)) yield* Items;
}
