import type { Slice } from '../../../domain/drift/fleet.ts';
import type { DriftRun, DriftRunStore, RunChange } from '../../../domain/drift/runs.ts';
import type { CurrentRun } from '../../../domain/long-work/run.ts';
import type { Table } from '../rows/claimed-rows.ts';
import { readItem, readPage } from '../rows/partition-items.ts';
import { readRows } from '../rows/read-rows.ts';
import { rowName } from '../rows/table-keys.ts';
import { CURRENT_SK, parseRun, RUN_PREFIX, RUNS_PK, runSk } from './items.ts';
import { DynamoDriftTable, type RowRuntime } from './table.ts';

const OPEN = ['planning', 'checking', 'healing'] as const;

/** Drift runs in DynamoDB, one item each, and one that names the current run. */
export class DynamoRunStore implements DriftRunStore {
  readonly #table: Table;
  readonly #items: DynamoDriftTable;

  constructor(table: Table, runtime: RowRuntime) {
    this.#table = table;
    this.#items = new DynamoDriftTable(table, runtime);
  }

  async current(): Promise<CurrentRun | undefined> {
    const item = await readItem(this.#table, { pk: RUNS_PK, sk: CURRENT_SK });
    const { runId, at } = item ?? {};
    return runId?.S && at?.S ? { runId: runId.S, at: at.S } : undefined;
  }

  async makeCurrent({ runId, at }: CurrentRun, replaces: CurrentRun | undefined): Promise<boolean> {
    const item = { pk: RUNS_PK, sk: CURRENT_SK, runId, at };
    return await this.#items.putIf(item, replaces && { name: 'runId', value: replaces.runId });
  }

  async create({ done: _done, ...run }: DriftRun): Promise<void> {
    await this.#items.put({ ...run, pk: RUNS_PK, sk: runSk(run.runId) });
  }

  async read(runId: string): Promise<DriftRun | undefined> {
    const item = await readItem(this.#table, { pk: RUNS_PK, sk: runSk(runId) });
    // A run that cannot be read is of no use: the next one starts without it.
    return item && readRows([item], parseRun).rows[0];
  }

  async list({ limit }: { limit: number }): Promise<Slice<DriftRun>> {
    const { items } = await readPage(this.#table, { pk: RUNS_PK, prefix: RUN_PREFIX, limit, descending: true });
    const { rows, unreadable } = readRows(items, parseRun);
    return { items: rows, unreadable: unreadable.map(rowName) };
  }

  async advance(run: DriftRun, change: RunChange): Promise<DriftRun | undefined> {
    const item = await this.#items.change({
      pk: RUNS_PK,
      sk: runSk(run.runId),
      set: change,
      is: { status: run.status, 'healing.version': run.healing?.version },
    });
    return item && parseRun(item);
  }

  async markDone(runId: string, unit: number, at: string): Promise<DriftRun | undefined> {
    const key = { pk: RUNS_PK, sk: runSk(runId) };
    const item = await this.#items.addTo(key, { name: 'done', value: unit, at, statuses: OPEN });
    return item && parseRun(item);
  }
}
