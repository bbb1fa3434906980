import type { Stray, StrayStore } from '../../../domain/drift/strays.ts';
import type { Table } from '../rows/claimed-rows.ts';
import { itemsOf, readItem } from '../rows/partition-items.ts';
import { readRows } from '../rows/read-rows.ts';
import type { Item } from '../rows/table-keys.ts';
import { parseStray, RUNS_PK, STRAY_PREFIX, straySk } from './items.ts';
import { DynamoDriftTable, type RowRuntime } from './table.ts';

/** The known strays in DynamoDB, one item each. The stream of the table tells when one comes and goes. */
export class DynamoStrayStore implements StrayStore {
  readonly #table: Table;
  readonly #items: DynamoDriftTable;

  constructor(table: Table, runtime: RowRuntime) {
    this.#table = table;
    this.#items = new DynamoDriftTable(table, runtime);
  }

  async see(stray: Stray): Promise<void> {
    const key = { pk: RUNS_PK, sk: straySk(stray) };
    const item = await readItem(this.#table, key);
    const [known] = readRows(item ? [item] : [], parseStray).rows;
    await this.#items.put({ ...stray, ...(known && { since: known.since, runId: known.runId }), ...key });
  }

  async all(): Promise<Stray[]> {
    const items: Item[] = [];
    for await (const item of itemsOf(this.#table, { pk: RUNS_PK, prefix: STRAY_PREFIX })) items.push(item);
    return readRows(items, parseStray).rows;
  }

  async forget(stray: Stray): Promise<void> {
    await this.#items.deleteIf({ pk: RUNS_PK, sk: straySk(stray) }, { name: 'seenAt', value: stray.seenAt });
  }
}
