import type { Stray, StrayStore } from '../../../domain/drift/strays.ts';
import type { Table } from '../claimed-rows.ts';
import { readRows } from '../read-rows.ts';
import { parseStray, RUNS_PK, STRAY_PREFIX, straySk } from './items.ts';
import { DynamoDriftTable, type RowRuntime } from './table.ts';

/** The strays that are known, in DynamoDB, one item each. The stream of the table tells when one comes and goes. */
export class DynamoStrayStore implements StrayStore {
  readonly #items: DynamoDriftTable;

  constructor(table: Table, runtime: RowRuntime) {
    this.#items = new DynamoDriftTable(table, runtime);
  }

  async see(stray: Stray): Promise<void> {
    const key = { pk: RUNS_PK, sk: straySk(stray) };
    const item = await this.#items.get(key);
    const [known] = readRows(item ? [item] : [], parseStray).rows;
    await this.#items.put({ ...stray, ...(known && { since: known.since, runId: known.runId }), ...key });
  }

  async all(): Promise<Stray[]> {
    const strays: Stray[] = [];
    let after: string | undefined;
    do {
      const page = await this.#items.query({ pk: RUNS_PK, prefix: STRAY_PREFIX, after });
      strays.push(...readRows(page.items, parseStray).rows);
      after = page.next;
    } while (after);
    return strays;
  }

  async forget(stray: Stray): Promise<void> {
    await this.#items.deleteIf({ pk: RUNS_PK, sk: straySk(stray) }, { name: 'seenAt', value: stray.seenAt });
  }
}
