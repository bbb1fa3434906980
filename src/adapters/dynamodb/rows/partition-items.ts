import { ConditionalCheckFailedException, GetItemCommand, paginateQuery, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Table } from './claimed-rows.ts';
import type { Item } from './table-keys.ts';

interface PartitionQuery {
  pk: string;
  /** How the sort keys begin. */
  prefix: string;
  /** The attributes to read; by default all. A name may be a reserved word of DynamoDB. */
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

/** Key of an item. */
export interface ItemKey {
  pk: string;
  sk: string;
}

/** One item, read consistently. */
export async function readItem({ client, name }: Table, { pk, sk }: ItemKey): Promise<Item | undefined> {
  const Key = marshall({ pk, sk });
  const { Item: item } = await client.send(new GetItemCommand({ TableName: name, ConsistentRead: true, Key }));
  return item;
}

interface PageQuery {
  pk: string;
  /** How the sort keys begin. */
  prefix: string;
  limit?: number | undefined;
  /** The sort key after which the page begins. */
  after?: string | undefined;
  descending?: boolean;
}

/** A page of a partition, read consistently. `next` is the sort key after which the following page begins. */
export async function readPage(
  { client, name }: Table,
  { pk, prefix, limit, after, descending = false }: PageQuery,
): Promise<{ items: Item[]; next?: string | undefined }> {
  const { Items = [], LastEvaluatedKey } = await client.send(
    new QueryCommand({
      TableName: name,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: marshall({ ':pk': pk, ':prefix': prefix }),
      ScanIndexForward: !descending,
      Limit: limit,
      ExclusiveStartKey: after === undefined ? undefined : marshall({ pk, sk: after }),
    }),
  );
  return { items: Items, next: LastEvaluatedKey?.sk?.S };
}

/** Waits for a write. False when its condition did not hold. */
export async function accepted(sending: Promise<unknown>): Promise<boolean> {
  try {
    await sending;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
