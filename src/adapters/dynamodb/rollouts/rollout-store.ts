import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { CurrentRun } from '../../../domain/long-work/run.ts';
import { unreadableRow } from '../../../domain/problem.ts';
import type { Rollout, RolloutStore, TargetStore, TargetUnit } from '../../../domain/rollouts/rollout.ts';
import type { Table } from '../rows/claimed-rows.ts';
import { cursorOf, positionIn } from '../rows/cursor.ts';
import { type ItemKey, itemsOf, readItem, readPage } from '../rows/partition-items.ts';
import { readRow, readRows } from '../rows/read-rows.ts';
import { type Item, MARSHALLING, rowName } from '../rows/table-keys.ts';
import { parseRollout, parseUnit, ROLLOUT_PREFIX, ROLLOUTS_PK } from './items.ts';

/** An item that is written as a whole, its content as JSON text. */
interface VersionedItem extends ItemKey {
  version: number | string;
  body: string;
}

/** Items that are written on condition of their version. */
class VersionedItems {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Puts an item. `replaces`: the version that must be there; 0: none. Returns whether it was. */
  async put(item: VersionedItem, replaces: number | string): Promise<boolean> {
    const isNew = replaces === 0;
    try {
      await this.#table.client.send(
        new PutItemCommand({
          TableName: this.#table.name,
          Item: marshall(item, MARSHALLING),
          ConditionExpression: isNew ? 'attribute_not_exists(pk)' : '#version = :version',
          ...(isNew
            ? {}
            : {
                ExpressionAttributeNames: { '#version': 'version' },
                ExpressionAttributeValues: marshall({ ':version': replaces }),
              }),
        }),
      );
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      if (error.$metadata.attempts === 1) return false;
      // The SDK may have sent the write twice: the second one then fails on the success of the first.
      const now = await readItem(this.#table, item);
      return now?.body?.S !== undefined && now.body.S === item.body;
    }
  }
}

const NEWEST_PREFIX = 'NEWEST#';
const newestSchema = z.object({ version: z.templateLiteral([z.string(), ' ', z.string()]) });

function parseNewest(item: Item): CurrentRun {
  const { version } = readRow(item, () => newestSchema.parse(unmarshall(item)));
  const [at = '', runId = ''] = version.split(' ');
  return { runId, at };
}

function versionOf({ runId, at }: CurrentRun): string {
  return `${at} ${runId}`;
}

/** Rollouts in DynamoDB: one item each, and for each template one that names its newest rollout. */
export class DynamoRolloutStore implements RolloutStore {
  readonly #table: Table;
  readonly #items: VersionedItems;

  constructor(table: Table) {
    this.#table = table;
    this.#items = new VersionedItems(table);
  }

  async newest(template: string): Promise<CurrentRun | undefined> {
    const item = await readItem(this.#table, { pk: ROLLOUTS_PK, sk: NEWEST_PREFIX + template });
    return item && parseNewest(item);
  }

  async *newestOfAll(): AsyncIterable<string> {
    const items: Item[] = [];
    for await (const item of itemsOf(this.#table, { pk: ROLLOUTS_PK, prefix: NEWEST_PREFIX })) items.push(item);
    const { rows, unreadable } = readRows(items, parseNewest);
    for (const { runId } of rows) yield runId;
    const [hidden] = unreadable;
    if (hidden) throw unreadableRow(rowName(hidden));
  }

  async makeNewest(template: string, rollout: CurrentRun, replaces: CurrentRun | undefined): Promise<boolean> {
    const version = versionOf(rollout);
    const item = { pk: ROLLOUTS_PK, sk: NEWEST_PREFIX + template, version, body: version };
    return await this.#items.put(item, replaces ? versionOf(replaces) : 0);
  }

  async create(rollout: Rollout): Promise<void> {
    await this.#items.put(itemOf(rollout), 0);
  }

  async read(rolloutId: string): Promise<Rollout | undefined> {
    const item = await readItem(this.#table, { pk: ROLLOUTS_PK, sk: ROLLOUT_PREFIX + rolloutId });
    return item && parseRollout(item);
  }

  async write(from: Rollout, change: Partial<Rollout>): Promise<Rollout | undefined> {
    const next = { ...from, ...change, change: from.change + 1 };
    return (await this.#items.put(itemOf(next), from.change)) ? next : undefined;
  }

  async list({ limit, after }: Parameters<RolloutStore['list']>[0]): ReturnType<RolloutStore['list']> {
    const start = after === undefined ? undefined : ROLLOUT_PREFIX + positionIn(after, (id) => ROLLOUT_ID.test(id));
    const query = { pk: ROLLOUTS_PK, prefix: ROLLOUT_PREFIX, limit, after: start, descending: true };
    const { items, next: last } = await readPage(this.#table, query);
    const next = last && cursorOf(last.slice(ROLLOUT_PREFIX.length));
    return { items: items.map(parseRollout), next };
  }
}

const ROLLOUT_ID = /^[0-9TZ]{16}-[0-9a-zA-Z-]{1,36}$/;

function itemOf(rollout: Rollout): VersionedItem {
  const key = { pk: ROLLOUTS_PK, sk: ROLLOUT_PREFIX + rollout.rolloutId };
  return { ...key, version: rollout.change, body: JSON.stringify(rollout) };
}

/** The targets of rollouts in DynamoDB: one item for each unit. */
export class DynamoTargetStore implements TargetStore {
  readonly #table: Table;
  readonly #items: VersionedItems;

  constructor(table: Table) {
    this.#table = table;
    this.#items = new VersionedItems(table);
  }

  async add(unit: TargetUnit): Promise<void> {
    await this.#items.put(unitItem(unit), 0);
  }

  async read(rolloutId: string, number: number): Promise<TargetUnit | undefined> {
    const item = await readItem(this.#table, { pk: ROLLOUT_PREFIX + rolloutId, sk: unitSk(number) });
    return item && parseUnit(item);
  }

  async write(from: TargetUnit, change: Parameters<TargetStore['write']>[1]): Promise<TargetUnit | undefined> {
    const next = { ...from, ...change, version: from.version + 1 };
    return (await this.#items.put(unitItem(next), from.version)) ? next : undefined;
  }

  async *all(rolloutId: string): AsyncIterable<TargetUnit> {
    const units = itemsOf(this.#table, { pk: ROLLOUT_PREFIX + rolloutId, prefix: UNIT_PREFIX });
    for await (const item of units) yield parseUnit(item);
  }
}

const UNIT_PREFIX = 'UNIT#';

function unitSk(number: number): string {
  return UNIT_PREFIX + String(number).padStart(8, '0');
}

function unitItem(unit: TargetUnit): VersionedItem {
  const key = { pk: ROLLOUT_PREFIX + unit.rolloutId, sk: unitSk(unit.number) };
  return { ...key, version: unit.version, body: JSON.stringify(unit) };
}
