import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { ScopeKey } from '../../domain/account/scope.ts';
import type { ToolList, ToolRow, ToolStore, ToolWrite, ToolWriteResult } from '../../domain/tools/tool-registry.ts';
import { claimSchema, scopeKeySchema } from './organisation-rows.ts';
import { ClaimedRows, type Table } from './rows/claimed-rows.ts';
import { itemsOf } from './rows/partition-items.ts';
import { readRows } from './rows/read-rows.ts';
import { type Item, rowName, scopePk } from './rows/table-keys.ts';

const rowSchema = z.lazy(() =>
  z.object({
    scopeKey: scopeKeySchema,
    hash: z.string(),
    revision: z.number(),
    toolId: z.exactOptional(z.string()),
    keyFingerprint: z.exactOptional(z.string()),
    finalisedBy: z.exactOptional(z.string()),
    claim: z.exactOptional(claimSchema),
    unusedSince: z.exactOptional(z.string()),
    createdAt: z.string(),
    updatedAt: z.string(),
  }),
);

/** Tools in DynamoDB, one item for each definition in a scope. */
export class DynamoToolStore implements ToolStore {
  readonly #table: Table;
  readonly #rows: ClaimedRows<ToolRow>;

  constructor(table: Table) {
    this.#table = table;
    this.#rows = new ClaimedRows(table, parseRow);
  }

  async read(scopeKey: ScopeKey, hash: string): Promise<ToolRow | undefined> {
    return await this.#rows.read(keyOf(scopeKey, hash));
  }

  async write({ scopeKey, hash, change, from, ...write }: ToolWrite): Promise<ToolWriteResult> {
    const result = await this.#rows.write({
      ...write,
      key: keyOf(scopeKey, hash),
      from,
      named: { attribute: 'toolId', value: from?.toolId },
      fields: change,
      firstFields: { scopeKey, hash },
    });
    return { kind: result.kind };
  }

  async list(scopeKey: ScopeKey): Promise<ToolList> {
    const items: Item[] = [];
    for await (const item of itemsOf(this.#table, { pk: scopePk(scopeKey), prefix: PREFIX })) items.push(item);
    const { rows, unreadable } = readRows(items, parseRow);
    return { rows, unreadable: unreadable.map(rowName) };
  }
}

const PREFIX = 'TOOL#';

function keyOf(scopeKey: ScopeKey, hash: string): Item {
  return marshall({ pk: scopePk(scopeKey), sk: `${PREFIX}${hash}` });
}

function parseRow(item: Item): ToolRow {
  return rowSchema.parse(unmarshall(item));
}
