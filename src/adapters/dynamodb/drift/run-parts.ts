import type { Finding } from '../../../domain/drift/finding.ts';
import type { Slice } from '../../../domain/drift/fleet.ts';
import type { DriftUnit, FindingStore } from '../../../domain/drift/runs.ts';
import { eachToItsEnd } from '../../../domain/each-to-its-end.ts';
import type { UnitChange, UnitStore } from '../../../domain/long-work/run.ts';
import type { Table } from '../rows/claimed-rows.ts';
import { itemsOf, readItem, readPage } from '../rows/partition-items.ts';
import { readRows } from '../rows/read-rows.ts';
import { rowName } from '../rows/table-keys.ts';
import { FINDING_PREFIX, parseFinding, parseUnit, partsPk, UNIT_PREFIX, unitSk } from './items.ts';
import { DynamoDriftTable, type RowRuntime } from './table.ts';

/** The units of drift runs in DynamoDB, one item each. */
export class DynamoUnitStore implements UnitStore<DriftUnit> {
  readonly #table: Table;
  readonly #items: DynamoDriftTable;

  constructor(table: Table, runtime: RowRuntime) {
    this.#table = table;
    this.#items = new DynamoDriftTable(table, runtime);
  }

  async plan(unit: DriftUnit): Promise<void> {
    await this.#items.putIf({ ...unit, pk: partsPk(unit.runId), sk: unitSk(unit.number) });
  }

  async all(runId: string): Promise<DriftUnit[]> {
    const units: DriftUnit[] = [];
    for await (const item of itemsOf(this.#table, { pk: partsPk(runId), prefix: UNIT_PREFIX })) {
      units.push(parseUnit(item));
    }
    return units;
  }

  async read(runId: string, number: number): Promise<DriftUnit | undefined> {
    const item = await readItem(this.#table, { pk: partsPk(runId), sk: unitSk(number) });
    return item && parseUnit(item);
  }

  async commit(unit: DriftUnit, change: UnitChange<DriftUnit>): Promise<DriftUnit | undefined> {
    const { runId, number, version } = unit;
    const set = { ...change, version: version + 1 };
    const item = await this.#items.change({ pk: partsPk(runId), sk: unitSk(number), set, is: { version } });
    return item && parseUnit(item);
  }
}

/** Writes that are under way at a time. */
const WRITES = { concurrency: 8 } as const;

/** The findings of drift runs in DynamoDB, one item each: however many there are, no item grows with them. */
export class DynamoFindingStore implements FindingStore {
  readonly #table: Table;
  readonly #items: DynamoDriftTable;

  constructor(table: Table, runtime: RowRuntime) {
    this.#table = table;
    this.#items = new DynamoDriftTable(table, runtime);
  }

  async save(runId: string, findings: readonly Finding[]): Promise<void> {
    const put = (finding: Finding) =>
      this.#items.put({ ...finding, pk: partsPk(runId), sk: `${FINDING_PREFIX}${finding.id}` });
    await eachToItsEnd(findings, put, WRITES);
  }

  async page({ runId, limit, after }: { runId: string; limit: number; after?: string }): Promise<Slice<Finding>> {
    const pk = partsPk(runId);
    const start = after === undefined ? {} : { after: `${FINDING_PREFIX}${after}` };
    const { items, next } = await readPage(this.#table, { pk, prefix: FINDING_PREFIX, limit, ...start });
    const { rows, unreadable } = readRows(items, parseFinding);
    return {
      items: rows,
      unreadable: unreadable.map(rowName),
      ...(next ? { next: next.slice(FINDING_PREFIX.length) } : {}),
    };
  }
}
