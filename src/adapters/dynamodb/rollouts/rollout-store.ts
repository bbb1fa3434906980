import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { validationFailed } from '../../../domain/problem.ts';
import type { Rollout, RolloutStore, TargetStore, TargetUnit } from '../../../domain/rollouts/rollout.ts';
import type { Table } from '../claimed-rows.ts';
import type { Item } from '../table-keys.ts';
import { parseRollout, parseUnit, ROLLOUT_PREFIX, ROLLOUTS_PK } from './items.ts';

/** One item, written whole as JSON text on condition of its version. */
class VersionedItems {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async get(key: Record<string, string>): Promise<Item | undefined> {
    const { Item } = await this.#table.client.send(
      new GetItemCommand({ TableName: this.#table.name, ConsistentRead: true, Key: marshall(key) }),
    );
    return Item;
  }

  /** `replaces`: the version that must be there; 0: none. False when that is not so. */
  async put(item: Record<string, unknown>, replaces: number | string): Promise<boolean> {
    const isNew = replaces === 0;
    try {
      await this.#table.client.send(
        new PutItemCommand({
          TableName: this.#table.name,
          Item: marshall(item, { removeUndefinedValues: true }),
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
      // A write that the SDK has repeated fails on its own success.
      const now = await this.get({ pk: String(item.pk), sk: String(item.sk) });
      return now?.body?.S !== undefined && now.body.S === item.body;
    }
  }

  async query({
    pk,
    prefix,
    limit,
    after,
    newestFirst = false,
  }: Query): Promise<{ items: Item[]; last?: string | undefined }> {
    const { Items = [], LastEvaluatedKey } = await this.#table.client.send(
      new QueryCommand({
        TableName: this.#table.name,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: marshall({ ':pk': pk, ':prefix': prefix }),
        ScanIndexForward: !newestFirst,
        Limit: limit,
        ExclusiveStartKey: after === undefined ? undefined : marshall({ pk, sk: after }),
      }),
    );
    return { items: Items, last: LastEvaluatedKey?.sk?.S };
  }
}

interface Query {
  pk: string;
  prefix: string;
  limit?: number;
  after?: string | undefined;
  newestFirst?: boolean;
}

const newestSchema = z.object({ version: z.string() });

/** Rollouts in DynamoDB: one item each, and one for each template that names its newest. */
export class DynamoRolloutStore implements RolloutStore {
  readonly #items: VersionedItems;

  constructor(table: Table) {
    this.#items = new VersionedItems(table);
  }

  async newest(template: string): Promise<string | undefined> {
    const item = await this.#items.get({ pk: ROLLOUTS_PK, sk: `NEWEST#${template}` });
    return item && newestSchema.parse(unmarshall(item)).version;
  }

  async makeNewest(template: string, rolloutId: string, replaces: string | undefined): Promise<boolean> {
    const item = { pk: ROLLOUTS_PK, sk: `NEWEST#${template}`, version: rolloutId, body: rolloutId };
    return await this.#items.put(item, replaces ?? 0);
  }

  async create(rollout: Rollout): Promise<void> {
    await this.#items.put(itemOf(rollout), 0);
  }

  async read(rolloutId: string): Promise<Rollout | undefined> {
    const item = await this.#items.get({ pk: ROLLOUTS_PK, sk: ROLLOUT_PREFIX + rolloutId });
    return item && parseRollout(item);
  }

  async write(from: Rollout, change: Partial<Rollout>): Promise<Rollout | undefined> {
    const next = { ...from, ...change, change: from.change + 1 };
    return (await this.#items.put(itemOf(next), from.change)) ? next : undefined;
  }

  async list({ limit, after }: Parameters<RolloutStore['list']>[0]): ReturnType<RolloutStore['list']> {
    const start = after === undefined ? undefined : ROLLOUT_PREFIX + idIn(after);
    const query = { pk: ROLLOUTS_PK, prefix: ROLLOUT_PREFIX, limit, after: start, newestFirst: true };
    const { items, last } = await this.#items.query(query);
    const next = last && Buffer.from(last.slice(ROLLOUT_PREFIX.length)).toString('base64url');
    return { items: items.map(parseRollout), next };
  }
}

/** Throws `VALIDATION_FAILED` for what was never a cursor of this list. */
function idIn(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (/^[0-9TZ]{16}-[0-9a-zA-Z-]{1,36}$/.test(id)) return id;
  throw validationFailed([{ field: 'cursor', detail: 'send the `next` of the page before' }]);
}

function itemOf(rollout: Rollout): Record<string, unknown> {
  const key = { pk: ROLLOUTS_PK, sk: ROLLOUT_PREFIX + rollout.rolloutId };
  return { ...key, version: rollout.change, body: JSON.stringify(rollout) };
}

/** The targets of rollouts in DynamoDB: one item for some that follow each other. */
export class DynamoTargetStore implements TargetStore {
  readonly #items: VersionedItems;

  constructor(table: Table) {
    this.#items = new VersionedItems(table);
  }

  async add(unit: TargetUnit): Promise<void> {
    await this.#items.put(unitItem(unit), 0);
  }

  async read(rolloutId: string, number: number): Promise<TargetUnit | undefined> {
    const item = await this.#items.get({ pk: ROLLOUT_PREFIX + rolloutId, sk: unitSk(number) });
    return item && parseUnit(item);
  }

  async write(from: TargetUnit, change: Parameters<TargetStore['write']>[1]): Promise<TargetUnit | undefined> {
    const next = { ...from, ...change, version: from.version + 1 };
    return (await this.#items.put(unitItem(next), from.version)) ? next : undefined;
  }

  async *all(rolloutId: string): AsyncIterable<TargetUnit> {
    for (let after: string | undefined; ; ) {
      const { items, last } = await this.#items.query({ pk: ROLLOUT_PREFIX + rolloutId, prefix: UNIT_PREFIX, after });
      for (const item of items) yield parseUnit(item);
      if (last === undefined) return;
      after = last;
    }
  }
}

const UNIT_PREFIX = 'UNIT#';

function unitSk(number: number): string {
  return UNIT_PREFIX + String(number).padStart(8, '0');
}

function unitItem(unit: TargetUnit): Record<string, unknown> {
  const key = { pk: ROLLOUT_PREFIX + unit.rolloutId, sk: unitSk(unit.number) };
  return { ...key, version: unit.version, body: JSON.stringify(unit) };
}
