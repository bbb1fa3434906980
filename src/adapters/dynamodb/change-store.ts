import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { CHANGE_ACTIONS, type Change } from '../../domain/changes/change.ts';
import type { ChangePage, ChangeStore } from '../../domain/changes/change-store.ts';
import { ROLES } from '../../domain/configuration/assistant-key.ts';
import { actorSchema } from './organisation-rows.ts';
import type { Table } from './rows/claimed-rows.ts';
import { cursorOf, positionIn } from './rows/cursor.ts';
import { accepted, readItem } from './rows/partition-items.ts';
import { readRow } from './rows/read-rows.ts';
import type { Item } from './rows/table-keys.ts';

/** The partition of the index with the changes of all organisations, in the order in which they were stored. */
const ALL = 'CHANGES';

/**
 * How old a change must be to appear in the list of all, in ms: one that is being stored now may still come before it.
 */
const SETTLED_MS = 5_000;

/**
 * How long storing a change may take, in ms: one that takes longer is given up, and comes again with a later place in
 * the list of all.
 */
const KEEPING_MS = 3_000;

const DAY_MS = 86_400_000;

interface ChangeStoreOptions {
  retentionDays: number;
  /** Epoch ms. */
  now: () => number;
}

/** Changes in DynamoDB, one item each, which expires. */
export class DynamoChangeStore implements ChangeStore {
  readonly #table: Table;
  readonly #options: ChangeStoreOptions;

  constructor(table: Table, options: ChangeStoreOptions) {
    this.#table = table;
    this.#options = options;
  }

  async keep(told: Change): Promise<Change> {
    // With the fields in the order of the schema, as when it is read: what is told twice is the same to the byte.
    const change = changeSchema.parse(told);
    const { now, retentionDays } = this.#options;
    const key = { pk: partitionOf(change.orgId), sk: `${change.at}#${change.id}` };
    const index = { gsi1pk: ALL, gsi1sk: `${new Date(now()).toISOString()}#${change.id}` };
    const expiresAt = Math.floor((Date.parse(change.at) + retentionDays * DAY_MS) / 1000);
    const isKept = await accepted(
      this.#table.client.send(
        new PutItemCommand({
          TableName: this.#table.name,
          Item: marshall({ ...key, ...index, expiresAt, change: JSON.stringify(change) }),
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
        { abortSignal: AbortSignal.timeout(KEEPING_MS) },
      ),
    );
    const known = isKept ? undefined : await readItem(this.#table, key);
    return known ? changeOf(known) : change;
  }

  async ofOrganisation({
    orgId,
    role,
    limit,
    after,
  }: Parameters<ChangeStore['ofOrganisation']>[0]): Promise<ChangePage> {
    const pk = partitionOf(orgId);
    const { Items = [], LastEvaluatedKey } = await this.#table.client.send(
      new QueryCommand({
        TableName: this.#table.name,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: marshall({ ':pk': pk }),
        ScanIndexForward: false,
        Limit: limit,
        ExclusiveStartKey: after === undefined ? undefined : marshall({ pk, sk: textIn(after, 'sk') }),
      }),
    );
    const changes = Items.map(changeOf).filter((change) => role === undefined || change.role === role);
    const last = LastEvaluatedKey?.sk?.S;
    return { items: changes, next: last && cursorOf(JSON.stringify({ sk: last })) };
  }

  async since({ since, limit, after }: Parameters<ChangeStore['since']>[0]): Promise<ChangePage & { next: string }> {
    const at = after === undefined ? since : textIn(after, 'at');
    // Right after the position: nothing sorts between the two.
    const from = after === undefined ? at : `${at} `;
    const to = new Date(this.#options.now() - SETTLED_MS).toISOString();
    const items = from > to ? [] : await this.#between({ from, to, limit });
    const last = items.at(-1)?.gsi1sk?.S ?? at;
    return { items: items.map(changeOf), next: cursorOf(JSON.stringify({ at: last })) };
  }

  /** DynamoDB refuses a range that ends before it begins. */
  async #between({ from, to, limit }: { from: string; to: string; limit: number }): Promise<Item[]> {
    const { Items = [] } = await this.#table.client.send(
      new QueryCommand({
        TableName: this.#table.name,
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :pk AND gsi1sk BETWEEN :from AND :to',
        ExpressionAttributeValues: marshall({ ':pk': ALL, ':from': from, ':to': to }),
        Limit: limit,
      }),
    );
    return Items;
  }
}

function partitionOf(orgId: string): string {
  return `${ALL}#${orgId}`;
}

const changeSchema = z.object({
  id: z.string(),
  at: z.string(),
  orgId: z.string(),
  role: z.enum(ROLES),
  action: z.enum(CHANGE_ACTIONS),
  assistantId: z.string(),
  revision: z.number(),
  from: z.nullable(z.string()),
  to: z.nullable(z.string()),
  paths: z.array(z.string()),
  by: z.nullable(actorSchema),
  operationId: z.nullable(z.string()),
});

const rowSchema = z.object({ change: z.string() });

function changeOf(item: Item): Change {
  return readRow(item, () => changeSchema.parse(JSON.parse(rowSchema.parse(unmarshall(item)).change)));
}

/** A field of a cursor. Throws `VALIDATION_FAILED` for a cursor that this list never gave out. */
function textIn(cursor: string, name: 'sk' | 'at'): string {
  return fieldIn(
    positionIn(cursor, (text) => POSITION.test(fieldIn(text, name))),
    name,
  );
}

/** A time, perhaps followed by the id of a change; no longer than DynamoDB takes as a sort key. */
const POSITION = /^\d{4}-\d{2}-\d{2}T[\d:.]{8,12}Z(?:#.{1,200})?$/;

const positionSchema = z.record(z.string(), z.string());

/** Empty when the position has no such field. */
function fieldIn(position: string, name: string): string {
  try {
    return positionSchema.parse(JSON.parse(position))[name] ?? '';
  } catch {
    return '';
  }
}
