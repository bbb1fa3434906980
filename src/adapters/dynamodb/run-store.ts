import type { DriftRun, RunChange, RunStore } from '../../domain/drift/runs.ts';
import type { Table } from './claimed-rows.ts';
import { CURRENT_SK, parseRun, RUN_PREFIX, RUNS_PK, runSk } from './drift-items.ts';
import { DynamoDriftTable } from './drift-table.ts';

const OPEN = ['planning', 'checking', 'healing'] as const;

interface Current {
  runId: string;
  /** ISO 8601: when it was started. */
  at: string;
}

/** Drift runs in DynamoDB. One item names the run that is going on: only whoever replaces it may start another. */
export class DynamoRunStore implements RunStore {
  readonly #items: DynamoDriftTable;

  constructor(table: Table) {
    this.#items = new DynamoDriftTable(table);
  }

  async start(run: DriftRun, aliveSince: string): ReturnType<RunStore['start']> {
    const current = await this.#current();
    if (current && (await this.#isAlive(current, { run, aliveSince }))) {
      return { kind: 'running', runId: current.runId };
    }
    const { runId, startedAt: at } = run;
    const claim = { pk: RUNS_PK, sk: CURRENT_SK, runId, at };
    const isOurs = await this.#items.putIf(claim, current && { name: 'runId', value: current.runId });
    // A request that the SDK sent twice loses against itself.
    const winner = isOurs ? undefined : await this.#current();
    if (winner && winner.runId !== runId) return { kind: 'running', runId: winner.runId };
    const { done: _done, ...item } = run;
    await this.#items.put({ ...item, pk: RUNS_PK, sk: runSk(runId) });
    return { kind: 'started' };
  }

  /** A run that stands still is given up. One that is named and not there is just being started. */
  async #isAlive(current: Current, { run, aliveSince }: { run: DriftRun; aliveSince: string }): Promise<boolean> {
    const other = await this.read(current.runId);
    if (!other) return current.at >= aliveSince;
    if (!OPEN.some((status) => status === other.status)) return false;
    if (other.updatedAt >= aliveSince) return true;
    await this.advance(other, { status: 'abandoned', updatedAt: run.startedAt });
    return false;
  }

  async #current(): Promise<Current | undefined> {
    const item = await this.#items.get({ pk: RUNS_PK, sk: CURRENT_SK });
    const { runId, at } = item ?? {};
    return runId?.S && at?.S ? { runId: runId.S, at: at.S } : undefined;
  }

  async read(runId: string): Promise<DriftRun | undefined> {
    const item = await this.#items.get({ pk: RUNS_PK, sk: runSk(runId) });
    return item && parseRun(item);
  }

  async list({ limit }: { limit: number }): Promise<DriftRun[]> {
    const { items } = await this.#items.query({ pk: RUNS_PK, prefix: RUN_PREFIX, limit, descending: true });
    return items.map(parseRun);
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
