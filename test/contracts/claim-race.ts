import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DynamoMappingStore } from '../../src/adapters/dynamodb/mapping-store.ts';
import type { RaceReport } from './claim-racer.ts';
import { type ContractTable, makeContractTable } from './contract-table.ts';
import { freshKey, rowOf } from './mapping-situations.ts';

/** How large a race is. */
export interface RaceSize {
  processes: number;
  /** Rows that all of them try to claim first. */
  firstClaims: number;
  /** Claims of the one row that they then fight for. */
  goal: number;
}

/** Operating-system processes with a client each, all at the same rows: every revision belongs to one of them. */
export function describeClaimRace(endpoint: () => string, size: RaceSize): void {
  describe(`${size.processes} processes at the same rows`, () => {
    let table: ContractTable;
    let orgs: string[];
    let reports: RaceReport[];
    beforeAll(async () => {
      table = await makeContractTable(endpoint());
      orgs = Array.from({ length: size.firstClaims + 1 }, () => freshKey().orgId);
      reports = await runRace(table, { ...size, orgs });
    });
    afterAll(() => table.close());

    it('each row has exactly one that claimed it first', () => {
      const firsts = reports.flatMap((report) => report.firsts);
      expect(firsts.toSorted()).toEqual(orgs.slice(1).toSorted());
    });

    it('each revision has exactly one that made it', async () => {
      const row = await rowOf(new DynamoMappingStore(table), { orgId: orgs[0] ?? '', role: 'inbound' });
      const revisions = reports.flatMap(({ won }) => won.map(({ revision }) => revision)).toSorted((a, b) => a - b);
      expect(revisions).toEqual(Array.from({ length: row?.revision ?? 0 }, (_, index) => index + 1));
    });

    it('a claim ends by its holder or is taken over, never both', () => {
      const takenOver = reports.flatMap(({ won }) => won.flatMap(({ tookFrom }) => tookFrom ?? []));
      const ended = reports.flatMap((report) => report.ended);
      const tokensOf = (kind: string) => ended.filter((end) => end.kind === kind).map(({ token }) => token);
      expect(new Set(takenOver).size).toBe(takenOver.length);
      expect(tokensOf('written').filter((token) => takenOver.includes(token))).toEqual([]);
      expect(tokensOf('conflict').filter((token) => !takenOver.includes(token))).toEqual([]);
    });

    it('was a race: claims were lost, and taken over', () => {
      const lost = reports.reduce((sum, report) => sum + report.lost, 0);
      const takenOver = reports.flatMap(({ won }) => won.filter(({ tookFrom }) => tookFrom !== undefined));
      expect(lost).toBeGreaterThan(0);
      expect(takenOver.length).toBeGreaterThan(0);
      expect(reports.filter(({ won }) => won.length > 0).length).toBeGreaterThan(1);
    });
  });
}

async function runRace(
  { url, name }: ContractTable,
  { processes, goal, orgs }: RaceSize & { orgs: string[] },
): Promise<RaceReport[]> {
  const racers = Array.from({ length: processes }, () => startRacer([url, name, orgs.join(','), String(goal)]));
  try {
    await Promise.all(racers.map(heardFrom));
    const reports = racers.map(heardFrom);
    for (const racer of racers) racer.send('go');
    return (await Promise.all(reports)).filter(isReport);
  } finally {
    for (const racer of racers) racer.kill();
  }
}

function startRacer(args: string[]): ChildProcess {
  return fork(join(import.meta.dirname, 'claim-racer.ts'), args, { execArgv: [] });
}

/** What a process says next; rejects when it ends without a word. */
async function heardFrom(racer: ChildProcess): Promise<unknown> {
  const stop = new AbortController();
  const { signal } = stop;
  const ended = once(racer, 'exit', { signal }).then(([code]) => {
    throw new Error(`A process of the race ended with code ${code}`);
  });
  try {
    const [message] = await Promise.race([once(racer, 'message', { signal }), ended]);
    return message;
  } finally {
    stop.abort();
    await ended.catch(() => undefined);
  }
}

function isReport(message: unknown): message is RaceReport {
  return typeof message === 'object' && message !== null && 'won' in message;
}
