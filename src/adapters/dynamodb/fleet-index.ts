import {
  type AttributeValue,
  BatchGetItemCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { ScopeKey } from '../../domain/account/scope.ts';
import type { AssistantKey } from '../../domain/configuration/assistant-key.ts';
import type { Configuration } from '../../domain/configuration/configuration.ts';
import type { Window } from '../../domain/drift/check/window.ts';
import { type FleetIndex, type Slice, type SpecName, specName } from '../../domain/drift/fleet.ts';
import type { AssistantIndex } from '../../domain/fleet/assistant-index.ts';
import type { MappingRow } from '../../domain/mapping/organisation-view.ts';
import { parseMapping } from './organisation-rows.ts';
import type { Table } from './rows/claimed-rows.ts';
import { cursorOf, positionIn } from './rows/cursor.ts';
import { readRows } from './rows/read-rows.ts';
import {
  assistantPk,
  type Item,
  OWN_ACCOUNTS_PK,
  ownerOfRow,
  rowName,
  scopePk,
  UNFINISHED_PK,
  unreadableMapping,
} from './rows/table-keys.ts';
import { configurationOf, specKey } from './spec-store.ts';

/** Rows in a page, where everything is read. */
const PAGE = 500;

/** The most that DynamoDB gives in one batch. */
const BATCH = 100;

/** Sort before and after every index key that begins with a time. */
const FIRST = '0';
const LAST = '~';

/** The mappings of a whole fleet, by the index that has them in the order of their creation at Vapi. */
export class DynamoFleetIndex implements FleetIndex, AssistantIndex {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async rows({
    scope,
    window,
    limit,
    after,
  }: {
    scope: ScopeKey;
    window: Window;
    limit: number;
    after?: string;
  }): Promise<Slice<MappingRow>> {
    return await this.#mappings({ ...newestFirst(scope, window), Limit: limit }, after);
  }

  async oldestFirst({ scope, limit, after }: Parameters<AssistantIndex['oldestFirst']>[0]) {
    const query = { ...newestFirst(scope, {}), ScanIndexForward: true, Limit: limit };
    const page = await this.#mappings(query, after === undefined ? undefined : cursorIn(after, scopePk(scope)));
    return { items: page.items, next: page.next && cursorOf(page.next) };
  }

  /** All mappings, account by account: the platform's, then those of organisations with one of their own. */
  async *everyRow(): AsyncIterable<MappingRow> {
    yield* this.#rowsOf('platform');
    for (let after: string | undefined; ; ) {
      const { items, next } = await this.ownAccounts({ limit: PAGE, ...(after ? { after } : {}) });
      for (const orgId of items) yield* this.#rowsOf(`org:${orgId}`);
      if (next === undefined) return;
      after = next;
    }
  }

  async *#rowsOf(scope: ScopeKey): AsyncIterable<MappingRow> {
    for (let after: string | undefined; ; ) {
      const { items, next } = await this.oldestFirst({ scope, limit: PAGE, after });
      yield* items;
      if (next === undefined) return;
      after = next;
    }
  }

  async ownerOf(assistantId: string): Promise<AssistantKey | undefined> {
    const { Items = [] } = await this.#query({
      IndexName: 'gsi2',
      KeyConditionExpression: 'gsi2pk = :pk',
      ExpressionAttributeValues: marshall({ ':pk': assistantPk(assistantId) }),
      Limit: 1,
    });
    const { orgId, role } = ownerOfRow(Items[0] ?? {});
    return role && { orgId, role };
  }

  /** DynamoDB counts the rows, and returns none. */
  async cut({ scope, to, count }: { scope: ScopeKey; to?: number; count: number }): Promise<number | undefined> {
    let left = count;
    let start: Record<string, AttributeValue> | undefined;
    do {
      const { Count = 0, LastEvaluatedKey }: { Count?: number; LastEvaluatedKey?: Item | undefined } =
        await this.#query({
          ...newestFirst(scope, to === undefined ? {} : { to }),
          Select: 'COUNT',
          Limit: left,
          ExclusiveStartKey: start,
        });
      left -= Count;
      start = LastEvaluatedKey;
    } while (start && left > 0);
    const at = start?.gsi1sk?.S?.split('#')[0];
    return at === undefined ? undefined : Date.parse(at);
  }

  async ownAccounts({ limit, after }: { limit: number; after?: string }): Promise<Slice<string>> {
    const { Items = [], LastEvaluatedKey } = await this.#query({
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: marshall({ ':pk': OWN_ACCOUNTS_PK }),
      Limit: limit,
      ...(after ? { ExclusiveStartKey: marshall({ pk: OWN_ACCOUNTS_PK, sk: after }) } : {}),
    });
    const orgIds = Items.flatMap(({ sk }) => (sk?.S ? [sk.S] : []));
    const next = LastEvaluatedKey?.sk?.S;
    return { items: orgIds, next };
  }

  async unfinished({ limit, after }: { limit: number; after?: string }): Promise<Slice<MappingRow>> {
    const input = {
      IndexName: 'gsi1',
      KeyConditionExpression: 'gsi1pk = :pk',
      ExpressionAttributeValues: marshall({ ':pk': UNFINISHED_PK }),
      Limit: limit,
    };
    return await this.#mappings(input, after);
  }

  async configurations(wanted: readonly SpecName[]): Promise<ReadonlyMap<string, Configuration>> {
    const names = [...new Map(wanted.map((name) => [specName(name), name])).values()];
    const found = new Map<string, Configuration>();
    for (let index = 0; index < names.length; index += BATCH) {
      for (const [name, configuration] of await this.#batch(names.slice(index, index + BATCH))) {
        found.set(name, configuration);
      }
    }
    return found;
  }

  /** Items that DynamoDB leaves out, for their size or for want of capacity, are asked for again. */
  async #batch(names: readonly SpecName[]): Promise<[string, Configuration][]> {
    const byKey = new Map(names.map((name) => [rowName(specKey(name.key, name.specHash)), specName(name)]));
    const found: [string, Configuration][] = [];
    let keys = names.map((name) => specKey(name.key, name.specHash));
    while (keys.length > 0) {
      const { Responses, UnprocessedKeys } = await this.#table.client.send(
        new BatchGetItemCommand({ RequestItems: { [this.#table.name]: { Keys: keys, ConsistentRead: true } } }),
      );
      for (const item of Responses?.[this.#table.name] ?? []) {
        const name = byKey.get(rowName(item));
        const configuration = configurationOf(item);
        if (name && configuration) found.push([name, configuration]);
      }
      keys = UnprocessedKeys?.[this.#table.name]?.Keys ?? [];
    }
    return found;
  }

  async #mappings(input: Partial<QueryCommandInput>, after: string | undefined): Promise<Slice<MappingRow>> {
    const start = after === undefined ? {} : { ExclusiveStartKey: decode(after) };
    const { Items = [], LastEvaluatedKey } = await this.#query({ ...input, ...start });
    return { items: Items.map(mappingRow), ...(LastEvaluatedKey ? { next: encode(LastEvaluatedKey) } : {}) };
  }

  async #query(input: Partial<QueryCommandInput>) {
    return await this.#table.client.send(new QueryCommand({ TableName: this.#table.name, ...input }));
  }
}

/** A row of the index, whether it can be read or not. */
function mappingRow(item: Item): MappingRow {
  return readRows([item], parseMapping).rows[0] ?? unreadableMapping(item);
}

/** An index key is a time, `#` and an id: the time alone sorts before all keys with that time. */
function newestFirst(scope: ScopeKey, { from, to }: Window): Partial<QueryCommandInput> {
  return {
    IndexName: 'gsi1',
    KeyConditionExpression: 'gsi1pk = :pk AND gsi1sk BETWEEN :from AND :to',
    ExpressionAttributeValues: marshall({
      ':pk': scopePk(scope),
      ':from': from === undefined ? FIRST : new Date(from).toISOString(),
      ':to': to === undefined ? LAST : new Date(to).toISOString(),
    }),
    ScanIndexForward: false,
  };
}

/** All keys of the table and its index are strings. */
function encode(key: Item): string {
  return JSON.stringify(Object.fromEntries(Object.entries(key).map(([name, value]) => [name, value.S ?? ''])));
}

function decode(text: string): Item {
  return marshall(JSON.parse(text));
}

/** The position in a cursor. Throws `VALIDATION_FAILED` for a cursor that this list never gave out. */
function cursorIn(text: string, gsi1pk: string): string {
  return positionIn(text, (json) => isOf(json, gsi1pk), 'with the same scope');
}

function isOf(json: string, gsi1pk: string): boolean {
  try {
    return cursorSchema.parse(JSON.parse(json)).gsi1pk === gsi1pk;
  } catch {
    return false;
  }
}

/**
 * Accepts no key that DynamoDB would refuse: an empty one, one that is too long, or one outside the range that is read.
 */
const cursorSchema = z.strictObject({
  gsi1pk: z.string(),
  gsi1sk: z.string().check(z.regex(/^[0-}][^~]{0,200}$/)),
  pk: z.string().check(z.regex(/^ORG#.{1,64}$/)),
  sk: z.string().check(z.regex(/^ASSISTANT#\w{1,16}$/)),
});
