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
import { makesRevision, TRANSITIONS } from '../../domain/mapping/transitions.ts';
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
  /** What is set besides when the row is new. */
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

  /** Nobody has anything in a row that is not there: it is put whole. */
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
   * A write that the SDK sent twice fails the second time on what the first has done: then it was our own success. One
   * that was sent once failed. Databases that do not return the item with the failure are read once more.
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

/** A claim that is gone without a trace was given back by its holder: everybody else would have left a new revision. */
function hasOnlyLostItsClaim({ from }: RowWrite<ClaimedRow>, current: ClaimedRow | undefined): boolean {
  if (!from || !current || current.claim) return false;
  return (
    current.revision === from.revision &&
    current.createdAt === from.createdAt &&
    current.finalisedBy === from.finalisedBy
  );
}

/**
 * Without those that are as they were: a claim is taken of a row as it was read, and then nobody but the holder writes
 * to it. What may be noted in it without a claim is written always: two writes within a millisecond look alike. Index
 * keys are no part of what was read.
 */
function fieldsToWrite<Row extends ClaimedRow>({ transition, from, fields }: RowWrite<Row>): RowWrite<Row>['fields'] {
  if (!from || transition === 'annotate') return fields;
  const before: Record<string, unknown> = { ...from };
  const isNew = ([name, value]: [string, unknown]) =>
    NOTES.includes(name) || !isDeepStrictEqual(value ?? undefined, before[name]);
  return Object.fromEntries(Object.entries(fields).filter(isNew));
}

/** What is noted in rows without a claim. */
const NOTES: readonly string[] = ['live', 'drift', 'unusedSince'];

interface Update {
  expression: string;
  names: Record<string, string>;
  values: Record<string, unknown>;
}

/** What a write makes of the fields of a row; null removes one. */
function fieldsOf<Row extends ClaimedRow>(write: RowWrite<Row>): Record<string, unknown> {
  const { transition, token, from, firstFields, at } = write;
  return {
    ...fieldsToWrite(write),
    ...(makesRevision(transition) ? { revision: (from?.revision ?? 0) + 1 } : {}),
    // A revision that no claim has made is known by this, as one that a claim has made is.
    ...(transition === 'rebind' ? { finalisedBy: token } : {}),
    ...(from ? {} : { ...firstFields, createdAt: at }),
    updatedAt: at,
  };
}

/** Sets what the write names, removes what it nulls, and leaves every other attribute to its owner. */
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
