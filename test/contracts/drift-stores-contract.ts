import { randomUUID } from 'node:crypto';
import type { Finding } from '../../src/domain/drift/finding.ts';
import {
  type DriftRun,
  type DriftRunStore,
  type DriftUnit,
  type FindingStore,
  isOver,
} from '../../src/domain/drift/runs.ts';
import { noTotals } from '../../src/domain/drift/totals.ts';
import type { UnitStore } from '../../src/domain/long-work/run.ts';
import { startUnlessRunning } from '../../src/domain/long-work/start-run.ts';

export interface DriftStores {
  runs: DriftRunStore;
  units: UnitStore<DriftUnit>;
  findings: FindingStore;
}

const AT = '2026-03-01T10:00:00.000Z';
const LATER = '2026-03-01T11:00:00.000Z';

function newRun(startedAt = AT): DriftRun {
  const mode = { standard: 'report', ceiling: 'heal' } as const;
  const runId = `${startedAt}-${randomUUID()}`;
  return { runId, trigger: 'schedule', mode, status: 'planning', startedAt, updatedAt: startedAt, done: [] };
}

function newUnit(runId: string, number: number): DriftUnit {
  return {
    runId,
    number,
    work: { kind: 'window', window: { from: 1 } },
    version: 0,
    position: { account: 0 },
    failures: 0,
    totals: noTotals(),
    isDone: false,
  };
}

function newFinding(id: string): Finding {
  return { id, class: 'missing', scope: 'org:acme', orgId: 'acme', role: 'inbound', mode: 'heal', foundAt: AT };
}

/** What drift runs rely on, in memory and in DynamoDB alike. */
export function describeDriftStores(stores: () => DriftStores): void {
  async function start(run: DriftRun, since: string) {
    const { runs } = stores();
    const giveUp = async (other: DriftRun) => {
      await runs.advance(other, { status: 'abandoned', updatedAt: run.startedAt });
    };
    const standsStill = ({ updatedAt }: DriftRun) => updatedAt < since;
    const name = { runId: run.runId, at: run.startedAt };
    return await startUnlessRunning({ runs, isOver, standsStill, giveUp }, { run, name, since });
  }

  /** One run at a time: what an earlier test has left open is given up. */
  async function started(run = newRun()): Promise<DriftRun> {
    expect(await start(run, '2999')).toEqual({ kind: 'started' });
    return run;
  }

  describe('runs', () => {
    it('a run that is alive is not joined by another', async () => {
      const run = await started();
      expect(await start(newRun(LATER), AT)).toEqual({ kind: 'running', runId: run.runId });
    });

    it('of many that start at once, one does', async () => {
      await stores().runs.advance(await started(), { status: 'closed', updatedAt: AT });
      const results = await Promise.all(Array.from({ length: 5 }, () => start(newRun(), AT)));
      expect(results.filter(({ kind }) => kind === 'started')).toHaveLength(1);
    });

    it('one that stands still is given up', async () => {
      const old = await started();
      const next = newRun(LATER);
      expect(await start(next, LATER)).toEqual({ kind: 'started' });
      expect(await stores().runs.read(old.runId)).toMatchObject({ status: 'abandoned' });
    });

    it('one that is closed is in nobody’s way', async () => {
      const run = await started();
      await stores().runs.advance(run, { status: 'closed', closedAt: AT, updatedAt: AT });
      expect(await start(newRun(), AT)).toEqual({ kind: 'started' });
    });

    it('is changed only from the status that was read, so that one of many closes it', async () => {
      const run = await started();
      const close = () => stores().runs.advance(run, { status: 'closed', closedAt: AT, updatedAt: AT });
      const closed = await Promise.all([close(), close(), close()]);
      expect(closed.filter((result) => result !== undefined)).toHaveLength(1);
      expect(await stores().runs.advance(run, { status: 'healing', updatedAt: AT })).toBeUndefined();
    });

    it('healing goes on only from the step that was read', async () => {
      const run = await started();
      const healing = { version: 0, suspicious: [], reapplied: 0, resumed: 0, removed: 0, kept: { young: 1 } };
      const first = await stores().runs.advance(run, { status: 'healing', healing, updatedAt: AT });
      if (!first) throw new Error('not written');
      const next = { healing: { ...healing, version: 1, after: 'x' }, updatedAt: AT };
      expect(await stores().runs.advance(first, next)).toMatchObject({ healing: { version: 1, after: 'x' } });
      expect(await stores().runs.advance(first, next)).toBeUndefined();
    });

    it('units are done once, in any order and however often that is said', async () => {
      const { runId } = await started();
      await stores().runs.markDone(runId, 2, AT);
      await stores().runs.markDone(runId, 0, AT);
      const run = await stores().runs.markDone(runId, 2, LATER);
      expect(run?.done.toSorted()).toEqual([0, 2]);
      expect(run?.updatedAt).toBe(LATER);
    });

    it('nothing is noted of a run that is over', async () => {
      const run = await started();
      await stores().runs.advance(run, { status: 'closed', updatedAt: AT });
      expect(await stores().runs.markDone(run.runId, 0, AT)).toBeUndefined();
      expect(await stores().runs.markDone('no such run', 0, AT)).toBeUndefined();
    });

    it('the newest come first', async () => {
      const runs = [
        await started(newRun('2030-01-01T00:00:00.000Z')),
        await started(newRun('2030-01-02T00:00:00.000Z')),
      ];
      const { items: listed } = await stores().runs.list({ limit: 2 });
      expect(listed.map(({ runId }) => runId)).toEqual(runs.map(({ runId }) => runId).toReversed());
    });
  });

  describe('units', () => {
    it('what is planned stays as it was planned first', async () => {
      const runId = randomUUID();
      await stores().units.plan(newUnit(runId, 0));
      await stores().units.plan({ ...newUnit(runId, 0), work: { kind: 'unfinished' } });
      expect(await stores().units.read(runId, 0)).toEqual(newUnit(runId, 0));
    });

    it('of two who go on with a unit one gives way', async () => {
      const unit = newUnit(randomUUID(), 3);
      await stores().units.plan(unit);
      const totals = { ...noTotals(), lists: 1, causes: { 'drifted: /a': 2 } };
      const change = { position: { account: 1, to: 5, after: 'x' }, totals };
      expect(await stores().units.commit(unit, change)).toEqual({ ...unit, ...change, version: 1 });
      expect(await stores().units.commit(unit, change)).toBeUndefined();
    });

    it('come in the order of their numbers', async () => {
      const runId = randomUUID();
      for (const number of [10, 2, 0]) await stores().units.plan(newUnit(runId, number));
      expect((await stores().units.all(runId)).map(({ number }) => number)).toEqual([0, 2, 10]);
    });
  });

  describe('findings', () => {
    it('come page by page, each once, the last one under its id', async () => {
      const runId = randomUUID();
      await stores().findings.save(runId, ['c', 'a', 'b'].map(newFinding));
      await stores().findings.save(runId, [{ ...newFinding('b'), healing: 'reapplied' }]);
      const first = await stores().findings.page({ runId, limit: 2 });
      expect(first.items).toEqual([newFinding('a'), { ...newFinding('b'), healing: 'reapplied' }]);
      const second = await stores().findings.page({ runId, limit: 2, after: first.next ?? '' });
      expect(second).toEqual({ items: [newFinding('c')], unreadable: [] });
    });
  });
}
