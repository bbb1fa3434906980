import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Runtime } from '../../../domain/runtime.ts';
import type { Table } from '../rows/claimed-rows.ts';
import { accepted, type ItemKey, readItem } from '../rows/partition-items.ts';
import { type Item, MARSHALLING } from '../rows/table-keys.ts';

/** How long items of runs are kept, in seconds; DynamoDB then removes them by itself. */
const KEPT_S = 30 * 24 * 60 * 60;

/** A change of one item, on condition that `is` holds. */
interface ItemChange extends ItemKey {
  set: Readonly<Record<string, unknown>>;
  /** The values that attributes must have; `undefined`: the attribute must be absent. */
  is: Readonly<Record<string, unknown>>;
}

/** What making a row takes. */
export type RowRuntime = Pick<Runtime, 'now' | 'uniqueId'>;

/** Items of drift runs; each write is one write of one item, perhaps on a condition. */
export class DynamoDriftTable {
  readonly #table: Table;
  readonly #runtime: RowRuntime;

  constructor(table: Table, runtime: RowRuntime) {
    this.#table = table;
    this.#runtime = runtime;
  }

  /** Puts an item, and replaces the one that may be there. */
  async put(item: ItemKey & Readonly<Record<string, unknown>>): Promise<void> {
    await this.#table.client.send(new PutItemCommand({ TableName: this.#table.name, Item: this.#marshalled(item) }));
  }

  /** Puts an item if there is none, or if the present one has this value. Returns whether it did. */
  async putIf(
    item: ItemKey & Readonly<Record<string, unknown>>,
    replaces?: { name: string; value: string },
  ): Promise<boolean> {
    const isThat = replaces ? ' OR #name = :value' : '';
    return await accepted(
      this.#table.client.send(
        new PutItemCommand({
          TableName: this.#table.name,
          Item: this.#marshalled(item),
          ConditionExpression: `attribute_not_exists(pk)${isThat}`,
          ...(replaces
            ? {
                ExpressionAttributeNames: { '#name': replaces.name },
                ExpressionAttributeValues: marshall({ ':value': replaces.value }),
              }
            : {}),
        }),
      ),
    );
  }

  /** Deletes an item if one attribute has this value. Returns whether it did. */
  async deleteIf({ pk, sk }: ItemKey, { name, value }: { name: string; value: string }): Promise<boolean> {
    return await accepted(
      this.#table.client.send(
        new DeleteItemCommand({
          TableName: this.#table.name,
          Key: marshall({ pk, sk }),
          ConditionExpression: '#name = :value',
          ExpressionAttributeNames: { '#name': name },
          ExpressionAttributeValues: marshall({ ':value': value }),
        }),
      ),
    );
  }

  /**
   * Changes an item. Undefined when the condition does not hold. The mark tells a lost race from a write that the SDK
   * sent twice.
   */
  async change({ pk, sk, set, is }: ItemChange): Promise<Item | undefined> {
    const mark = this.#runtime.uniqueId();
    const expression = expressionOf({ set: { ...set, writtenBy: mark }, is });
    try {
      const { Attributes } = await this.#table.client.send(
        new UpdateItemCommand({
          TableName: this.#table.name,
          Key: marshall({ pk, sk }),
          ...expression,
          ReturnValues: 'ALL_NEW',
        }),
      );
      return Attributes;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const current = error.$metadata.attempts === 1 ? undefined : await readItem(this.#table, { pk, sk });
      return current?.writtenBy?.S === mark ? current : undefined;
    }
  }

  /** Adds a number to a set of numbers; may be repeated. Undefined when the item has none of these statuses. */
  async addTo(
    key: ItemKey,
    { name, value, at, statuses }: { name: string; value: number; at: string; statuses: readonly string[] },
  ): Promise<Item | undefined> {
    const names = statuses.map((_status, index) => `:status${index}`);
    const texts = Object.fromEntries(statuses.map((status, index) => [`:status${index}`, status]));
    try {
      const { Attributes } = await this.#table.client.send(
        new UpdateItemCommand({
          TableName: this.#table.name,
          Key: marshall(key),
          UpdateExpression: 'ADD #set :added SET updatedAt = :at',
          ConditionExpression: `#status IN (${names.join(', ')})`,
          ExpressionAttributeNames: { '#set': name, '#status': 'status' },
          ExpressionAttributeValues: marshall({ ':added': new Set([value]), ':at': at, ...texts }),
          ReturnValues: 'ALL_NEW',
        }),
      );
      return Attributes;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  #marshalled(item: Readonly<Record<string, unknown>>): Item {
    const expiresAt = Math.floor(this.#runtime.now() / 1000) + KEPT_S;
    return marshall({ ...item, expiresAt }, MARSHALLING);
  }
}

function expressionOf({ set, is }: Pick<ItemChange, 'set' | 'is'>) {
  const sets = Object.entries(set).filter(([, value]) => value !== undefined);
  const conditions = Object.entries(is);
  const present = conditions.filter(([, value]) => value !== undefined);
  const pathOf = (name: string) =>
    name
      .split('.')
      .map((part) => `#${part}`)
      .join('.');
  const parts = [...sets, ...conditions].flatMap(([name]) => name.split('.'));
  return {
    UpdateExpression: `SET ${sets.map(([name]) => `#${name} = :set_${name}`).join(', ')}`,
    ConditionExpression: conditions
      .map(([name, value]) =>
        value === undefined
          ? `attribute_not_exists(${pathOf(name)})`
          : `${pathOf(name)} = :is_${name.replaceAll('.', '_')}`,
      )
      .join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(parts.map((part) => [`#${part}`, part])),
    ExpressionAttributeValues: marshall(
      {
        ...Object.fromEntries(sets.map(([name, value]) => [`:set_${name}`, value])),
        ...Object.fromEntries(present.map(([name, value]) => [`:is_${name.replaceAll('.', '_')}`, value])),
      },
      MARSHALLING,
    ),
  };
}
