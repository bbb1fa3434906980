import { isDeepStrictEqual } from 'node:util';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { makesRevision, TRANSITIONS } from '../../../domain/mapping/transitions.ts';
import { type ConditionedWrite, conditionOf } from './claimed-row-conditions.ts';
import { readRow } from './read-rows.ts';
import { type Item, MARSHALLING } from './table-keys.ts';

/** A table as the stores need it. */
export interface Table {
  client: DynamoDBClient;
  name: string;
}

/** One write to one row. */
interface RowWrite<Row> extends ConditionedWrite {
  key: Item;
  from: (Row & ConditionedWrite['from']) | undefined;
  /** What is set; null removes, undefined leaves alone. */
  fields: Readonly<Record<string, unknown>>;
  /** What is also set when the row is new. */
  firstFields: Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  at: string;
}

type RowWriteResult<Row> = { kind: 'written' } | { kind: 'conflict'; current: Row | undefined };

type ClaimedRow = NonNullable<ConditionedWrite['from']> & { createdAt: string };

/** Rows that are changed under a claim, by single-item conditional writes. Losing a race is an answer, not an error. */
export class ClaimedRows<Row extends ClaimedRow> {
  readonly #table: Table;
  readonly #parse: (item: Item) => Row;

  constructor(table: Table, parse: (item: Item) => Row) {
    this.#table = table;
    this.#parse = (item) => readRow(item, parse);
  }

  async write(write: RowWrite<Row>): Promise<RowWriteResult<Row>> {
    try {
      if (TRANSITIONS[write.transition].to === 'absent') await this.#delete(write);
      else if (write.transition === 'claim' && !write.from) await this.#add(write);
      else await this.#update(write);
      return { kind: 'written' };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return await this.#afterConflict(write, error);
    }
  }

  /** Reads one row, consistently. */
  async read(key: Item): Promise<Row | undefined> {
    const { Item: item } = await this.#table.client.send(
      new GetItemCommand({ TableName: this.#table.name, ConsistentRead: true, Key: key }),
    );
    return item && this.#parse(item);
  }

  async #delete(write: RowWrite<Row>): Promise<void> {
    const { expression, names, values } = conditionOf(write);
    await this.#table.client.send(
      new DeleteItemCommand({
        TableName: this.#table.name,
        Key: write.key,
        ConditionExpression: expression,
        ExpressionAttributeNames: names,
        // DynamoDB refuses an empty map.
        ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: marshall(values) } : {}),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
  }

  /** A row that does not exist holds nothing of others: it is put as a whole. */
  async #add(write: RowWrite<Row>): Promise<void> {
    const { expression, names } = conditionOf(write);
    const fields = Object.entries(fieldsOf(write)).filter(([, value]) => value !== null);
    await this.#table.client.send(
      new PutItemCommand({
        TableName: this.#table.name,
        Item: { ...write.key, ...marshall(Object.fromEntries(fields), MARSHALLING) },
        ConditionExpression: expression,
        ExpressionAttributeNames: names,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
  }

  async #update(write: RowWrite<Row>): Promise<void> {
    const condition = conditionOf(write);
    const update = updateOf(write);
    await this.#table.client.send(
      new UpdateItemCommand({
        TableName: this.#table.name,
        Key: write.key,
        ConditionExpression: condition.expression,
        UpdateExpression: update.expression,
        ExpressionAttributeNames: { ...condition.names, ...update.names },
        ExpressionAttributeValues: marshall({ ...condition.values, ...update.values }, MARSHALLING),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
  }

  /**
   * Tells a lost race from our own success: when the SDK sent a write twice, the second one fails on the success of the
   * first. A write that was sent once has lost. Databases that do not return the item with the failure are read again.
   */
  async #afterConflict(
    write: RowWrite<Row>,
    { Item: item, $metadata }: ConditionalCheckFailedException,
  ): Promise<RowWriteResult<Row>> {
    const current = item ? this.#parse(item) : await this.read(write.key);
    const wasRepeated = $metadata.attempts !== 1;
    if (wasRepeated && isOwnSuccess(write, current)) return { kind: 'written' };
    return { kind: 'conflict', current };
  }
}

function isOwnSuccess(write: RowWrite<ClaimedRow>, current: ClaimedRow | undefined): boolean {
  const { transition, token } = write;
  switch (TRANSITIONS[transition].to) {
    case 'claimed':
    case 'unresolved':
      return current?.claim?.token === token;
    case 'idle':
      return current?.finalisedBy === token || hasOnlyLostItsClaim(write, current);
    case 'absent':
      return current === undefined;
  }
}

/**
 * True when only the claim is gone: its holder has given it back, as any other operation would have left a new
 * revision.
 */
function hasOnlyLostItsClaim({ from }: RowWrite<ClaimedRow>, current: ClaimedRow | undefined): boolean {
  if (!from || !current || current.claim) return false;
  return (
    current.revision === from.revision &&
    current.createdAt === from.createdAt &&
    current.finalisedBy === from.finalisedBy
  );
}

/**
 * The fields that a write changes. A row is claimed as it was read, and then only the holder writes to it, so unchanged
 * fields are left out. Fields that may be noted without a claim are always written: two writes within a millisecond
 * look alike. Index keys were not read, and are always written.
 */
function fieldsToWrite<Row extends ClaimedRow>({ transition, from, fields }: RowWrite<Row>): RowWrite<Row>['fields'] {
  if (!from || transition === 'annotate') return fields;
  const before: Record<string, unknown> = { ...from };
  const isNew = ([name, value]: [string, unknown]) =>
    NOTES.includes(name) || !isDeepStrictEqual(value ?? undefined, before[name]);
  return Object.fromEntries(Object.entries(fields).filter(isNew));
}

/** Fields that are noted in rows without a claim. */
const NOTES: readonly string[] = ['live', 'drift', 'unusedSince'];

interface Update {
  expression: string;
  names: Record<string, string>;
  values: Record<string, unknown>;
}

/** The fields of a row after a write; null removes one. */
function fieldsOf<Row extends ClaimedRow>(write: RowWrite<Row>): Record<string, unknown> {
  const { transition, token, from, firstFields, at } = write;
  return {
    ...fieldsToWrite(write),
    ...(makesRevision(transition) ? { revision: (from?.revision ?? 0) + 1 } : {}),
    // Marks a revision that was made without a claim, as a finalised claim marks its own.
    ...(transition === 'rebind' ? { finalisedBy: token } : {}),
    ...(from ? {} : { ...firstFields, createdAt: at }),
    updatedAt: at,
  };
}

/** Sets the fields that the write names, removes those that it nulls, and leaves every other attribute alone. */
function updateOf<Row extends ClaimedRow>(write: RowWrite<Row>): Update {
  const entries = Object.entries(fieldsOf(write)).filter(([, value]) => value !== undefined);
  const set = entries.filter(([, value]) => value !== null).map(([name]) => `#${name} = :new_${name}`);
  const removed = entries.filter(([, value]) => value === null).map(([name]) => `#${name}`);
  return {
    expression: `SET ${set.join(', ')}${removed.length > 0 ? ` REMOVE ${removed.join(', ')}` : ''}`,
    names: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
    values: Object.fromEntries(
      entries.filter(([, value]) => value !== null).map(([name, value]) => [`:new_${name}`, value]),
    ),
  };
}
