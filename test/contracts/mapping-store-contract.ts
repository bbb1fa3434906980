import { randomUUID } from 'node:crypto';
import type { OrganisationRecord } from '../../src/domain/account/organisation-record.ts';
import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import type { AssistantMapping } from '../../src/domain/mapping/assistant-mapping.ts';
import { mappingAfter } from '../../src/domain/mapping/mapping-after.ts';
import type { MappingStore, MappingWrite, MappingWriteResult } from '../../src/domain/mapping/stores.ts';
import {
  type MappingState,
  makesRevision,
  TRANSITIONS,
  type Transition,
} from '../../src/domain/mapping/transitions.ts';
import {
  ALL_STATES,
  ALL_TRANSITIONS,
  advance,
  bringTo,
  changeOf,
  claimOf,
  freshKey,
  rowOf,
  stateOf,
  VALID_STEPS,
  writeOf,
  writerOf,
} from './mapping-situations.ts';

/** A store under test, with the way in which organisation records come into it. */
export interface MappingSubject {
  mappings: MappingStore;
  putRecord(orgId: string, record: OrganisationRecord): Promise<void>;
}

/** What every `MappingStore` promises. `subject` is called in the tests, when the store is there. */
export function describeMappingStore(subject: () => MappingSubject): void {
  const store = () => subject().mappings;

  describe('mapping store', () => {
    describe('allows and refuses what the table of transitions says', () => {
      const cells = ALL_TRANSITIONS.flatMap((transition) => ALL_STATES.map((state) => ({ transition, state })));
      const named = cells.map((cell) => ({ ...cell, verdict: isValid(cell) ? 'is written' : 'is refused' }));
      it.each(named)('$transition from $state $verdict', async ({ transition, state }) => {
        const situation = await bringTo(state, store());
        const token = writerOf(transition, situation);
        const write = writeOf(situation.key, { transition, from: situation.row, token });
        const result = await store().write(write);
        const after = await rowOf(store(), situation.key);
        if (isValid({ transition, state })) expectWritten({ write, result, after });
        else expectRefused({ result, before: situation.row, after });
      });
    });

    describe('refuses a row that is no longer as it was read', () => {
      const taking = VALID_STEPS.filter(({ transition }) => TRANSITIONS[transition].guard === 'as-read');
      const cases = taking.flatMap((step) => staleReadsOf(step.state).map((stale) => ({ ...step, ...stale })));
      it.each(cases)('$transition from $state: $name', async ({ transition, state, make }) => {
        const { key, row } = await bringTo(state, store());
        const from = await make(row, { store: store(), key });
        const before = await rowOf(store(), key);
        const result = await store().write(writeOf(key, { transition, from, token: randomUUID() }));
        expectRefused({ result, before, after: await rowOf(store(), key) });
      });
    });

    describe('refuses a new revision of a row in which something was noted since it was read', () => {
      const noted = '2026-03-01T10:00:01.000Z';
      it.each(['claim', 'rebind'] as const)('%s', async (transition) => {
        const { key, row } = await bringTo('idle', store());
        const note = writeOf(key, {
          transition: 'annotate',
          from: row,
          token: 'x',
          change: { live: { state: 'pinned' } },
        });
        expect(await store().write({ ...note, at: noted })).toEqual({ kind: 'written' });
        const before = await rowOf(store(), key);
        expect(before).toMatchObject({ live: { state: 'pinned' }, updatedAt: noted });
        const result = await store().write(writeOf(key, { transition, from: row, token: 'mine' }));
        expectRefused({ result, before, after: await rowOf(store(), key) });
      });

      it('but not another note: the last one counts', async () => {
        const { key, row } = await bringTo('idle', store());
        const note = (state: 'pinned' | 'unknown') =>
          writeOf(key, { transition: 'annotate', from: row, token: 'x', change: { live: { state } } });
        await store().write({ ...note('pinned'), at: noted });
        await store().write(note('unknown'));
        expect(await rowOf(store(), key)).toMatchObject({ live: { state: 'unknown' } });
      });
    });

    describe('refuses a writer whose claim it is not', () => {
      const ending = VALID_STEPS.filter(({ transition }) => TRANSITIONS[transition].guard === 'own-token');
      it.each(ending)('$transition from $state with another token', async ({ transition, state }) => {
        const { key, row } = await bringTo(state, store());
        const result = await store().write(writeOf(key, { transition, from: row, token: 'somebody-else' }));
        expectRefused({ result, before: row, after: await rowOf(store(), key) });
      });

      it.each(ending)('$transition from $state after somebody took the claim over', async ({ transition, state }) => {
        const { key, row, token } = await bringTo(state, store());
        const theirs = await advance(store(), key, { transition: 'take-over', from: row, token: 'theirs' });
        const result = await store().write(writeOf(key, { transition, from: row, token }));
        expectRefused({ result, before: theirs, after: await rowOf(store(), key) });
      });

      it.each(ending)('$transition after the row was removed and made again', async ({ transition, state }) => {
        const { key, row, token } = await bringTo(state, store());
        await advance(store(), key, { transition: 'remove', from: row, token });
        const theirs = await advance(store(), key, { transition: 'claim', from: undefined, token: 'theirs' });
        const result = await store().write(writeOf(key, { transition, from: row, token }));
        expectRefused({ result, before: theirs, after: await rowOf(store(), key) });
      });
    });

    describe('lets exactly one of many writers through', () => {
      const taking = VALID_STEPS.filter(({ transition }) => TRANSITIONS[transition].to === 'claimed');
      it.each(taking)('50 x $transition from $state', async ({ transition, state }) => {
        const { key, row } = await bringTo(state, store());
        const tokens = Array.from({ length: 50 }, () => randomUUID());
        const results = await Promise.all(
          tokens.map((token) => store().write(writeOf(key, { transition, from: row, token }))),
        );
        const winners = tokens.filter((_, index) => results[index]?.kind === 'written');
        expect(winners).toHaveLength(1);
        const after = await rowOf(store(), key);
        expect(after?.claim?.token).toBe(winners[0]);
        expect(after?.revision).toBe((row?.revision ?? 0) + 1);
        for (const { mapping } of conflictsIn(results)) expect(mapping?.claim?.token).toBe(winners[0]);
      });

      it('50 first claims of 50 rows do not hinder each other', async () => {
        const keys = Array.from({ length: 50 }, () => freshKey());
        const results = await Promise.all(
          keys.map((key) => store().write(writeOf(key, { transition: 'claim', from: undefined, token: key.orgId }))),
        );
        expect(results.every(({ kind }) => kind === 'written')).toBe(true);
      });
    });

    describe('changes what the change names and nothing else', () => {
      it('a first claim makes a row with nothing in it but the claim', async () => {
        const key = freshKey();
        const row = await advance(store(), key, { transition: 'claim', from: undefined, token: 'mine' });
        expect(row).toEqual({
          ...key,
          revision: 1,
          attempted: [{ specHash: 'attempt-mine', until: expect.any(String) }],
          tools: { status: 'none', count: 0, wanted: [], linked: [] },
          formerNumbers: [],
          retiring: [],
          claim: claimOf('mine'),
          createdAt: expect.any(String),
          updatedAt: expect.any(String),
        });
      });

      it('fields that a change does not name survive a whole round of claims', async () => {
        const { key, row } = await bringTo('idle', store());
        const change = { claim: claimOf('next') };
        const held = await advance(store(), key, { transition: 'claim', from: row, token: 'next', change });
        expect(held).toEqual({ ...row, ...change, revision: 2, updatedAt: expect.any(String) });
        const released = await advance(store(), key, { transition: 'release', from: held, token: 'next' });
        expect(released).toEqual({ ...row, revision: 2, updatedAt: expect.any(String) });
      });

      it('null removes the claim, and a new claim replaces the old one whole', async () => {
        const { key, row, token } = await bringTo('unresolved', store());
        const taken = await advance(store(), key, { transition: 'take-over', from: row, token: 'next' });
        expect(taken?.claim).toEqual(claimOf('next'));
        const idle = await advance(store(), key, { transition: 'release', from: taken, token: 'next' });
        expect(idle).not.toHaveProperty('claim');
        expect(token).not.toBe('next');
      });

      it('empty lists replace full ones', async () => {
        const { key, row } = await bringTo('idle', store());
        const claimed = await advance(store(), key, { transition: 'claim', from: row, token: 'next' });
        const change = { ...changeOf('finalise', 'next'), retiring: [], attempted: [] };
        const idle = await advance(store(), key, { transition: 'finalise', from: claimed, token: 'next', change });
        expect(idle).toMatchObject({ retiring: [], attempted: [] });
      });

      it('remembers when the row was made, and says when it was changed', async () => {
        const { key, row } = await bringTo('idle', store());
        const later = '2026-04-01T00:00:00.000Z';
        const write = writeOf(key, { transition: 'claim', from: row, token: 'next' });
        await store().write({ ...write, at: later });
        expect(await rowOf(store(), key)).toMatchObject({ createdAt: row?.createdAt, updatedAt: later });
      });
    });

    describe('reads', () => {
      it('nothing of an organisation that nobody knows', async () => {
        expect(await store().read(freshKey().orgId)).toEqual({ record: undefined, mappings: [], unreadable: [] });
      });

      it('both roles, inbound first, with the organisation record', async () => {
        const { orgId } = freshKey();
        const outbound = await bringTo('idle', store(), { orgId, role: 'outbound' });
        const inbound = await bringTo('claimed', store(), { orgId, role: 'inbound' });
        const record = { vapiAssistantId: 'known-1', vapiPhoneNumberId: 'phone-1' };
        await subject().putRecord(orgId, record);
        expect(await store().read(orgId)).toEqual({ record, mappings: [inbound.row, outbound.row], unreadable: [] });
      });

      it('the record alone', async () => {
        const { orgId } = freshKey();
        await subject().putRecord(orgId, {});
        expect(await store().read(orgId)).toEqual({ record: {}, mappings: [], unreadable: [] });
      });

      it('nothing of organisations whose name begins alike or differs in case', async () => {
        const { orgId } = freshKey();
        const names = [`${orgId}.eu`, `${orgId}-2`, orgId.toUpperCase(), orgId.slice(0, -1)];
        for (const name of names) await bringTo('idle', store(), { orgId: name, role: 'inbound' });
        expect((await store().read(orgId)).mappings).toEqual([]);
      });

      it('what nobody can change a row by', async () => {
        const { key, row } = await bringTo('idle', store());
        const read = await rowOf(store(), key);
        if (read) Reflect.set(read, 'assistantId', 'changed');
        if (read) Reflect.set(read.tools, 'count', 9);
        expect(await rowOf(store(), key)).toEqual(row);
      });
    });
  });
}

function isValid({ transition, state }: { transition: Transition; state: MappingState }): boolean {
  const valid: readonly MappingState[] = TRANSITIONS[transition].from;
  return valid.includes(state);
}

type Row = AssistantMapping | undefined;

function expectWritten({
  write,
  result,
  after,
}: {
  write: MappingWrite;
  result: MappingWriteResult;
  after: Row;
}): void {
  const { transition, from } = write;
  const { to } = TRANSITIONS[transition];
  expect(result).toEqual({ kind: 'written' });
  expect(after).toEqual(mappingAfter(write));
  expect(stateOf(after)).toBe(to);
  const grows = makesRevision(transition) ? 1 : 0;
  expect(after?.revision).toBe(to === 'absent' ? undefined : (from?.revision ?? 0) + grows);
}

function expectRefused({ result, before, after }: { result: MappingWriteResult; before: Row; after: Row }): void {
  expect(result).toEqual({ kind: 'conflict', current: before });
  expect(after).toEqual(before);
}

function conflictsIn(results: readonly MappingWriteResult[]): { mapping: Row }[] {
  return results.flatMap((result) => (result.kind === 'conflict' ? [{ mapping: result.current }] : []));
}

interface StaleRead {
  name: string;
  /** Changes the row, or gives back another one than was read. */
  make(row: Row, where: { store: MappingStore; key: AssistantKey }): Promise<Row> | Row;
}

function staleReadsOf(state: MappingState): StaleRead[] {
  switch (state) {
    case 'absent':
      return [MADE_MEANWHILE];
    case 'idle':
      return STALE_ROWS;
    case 'claimed':
      return [...STALE_ROWS, ...STALE_CLAIMS, LEFT_MEANWHILE];
    case 'unresolved':
      return [...STALE_ROWS, ...STALE_CLAIMS];
  }
}

const MADE_MEANWHILE: StaleRead = {
  name: 'somebody made the row meanwhile',
  make: async (row, { store, key }) => {
    await advance(store, key, { transition: 'claim', from: row, token: 'theirs' });
    return row;
  },
};

const LEFT_MEANWHILE: StaleRead = {
  name: 'its holder left it unresolved meanwhile',
  make: async (row, { store, key }) => {
    await advance(store, key, { transition: 'leave-unresolved', from: row, token: row?.claim?.token ?? '' });
    return row;
  },
};

const STALE_ROWS: StaleRead[] = [
  { name: 'it was not there when it was read', make: () => undefined },
  { name: 'its revision has grown', make: (row) => row && { ...row, revision: row.revision - 1 } },
  { name: 'its revision is behind', make: (row) => row && { ...row, revision: row.revision + 1 } },
  { name: 'it names another assistant', make: (row) => row && { ...row, assistantId: 'another' } },
  { name: 'somebody claimed and released it', make: claimedAndReleased },
  { name: 'it was removed', make: removed },
  { name: 'it was removed and made again for another assistant', make: removedAndMadeAgain },
  { name: 'it was removed and made again without an assistant', make: removedAndClaimed },
];

const STALE_CLAIMS: StaleRead[] = [
  { name: 'it had no claim when it was read', make: (row) => row && withoutClaim(row) },
  {
    name: 'another claim is on it',
    make: (row) => row && { ...row, claim: claimOf('another') },
  },
];

function withoutClaim({ claim: _, ...row }: AssistantMapping): AssistantMapping {
  return row;
}

async function holderOf(row: AssistantMapping, { store, key }: { store: MappingStore; key: AssistantKey }) {
  const transition = row.claim ? 'take-over' : 'claim';
  return await advance(store, key, { transition, from: row, token: 'theirs' });
}

async function claimedAndReleased(row: Row, where: { store: MappingStore; key: AssistantKey }): Promise<Row> {
  if (!row) return row;
  const from = await holderOf(row, where);
  await advance(where.store, where.key, { transition: 'release', from, token: 'theirs' });
  return row;
}

async function removed(row: Row, where: { store: MappingStore; key: AssistantKey }): Promise<Row> {
  if (!row) return row;
  const from = await holderOf(row, where);
  await advance(where.store, where.key, { transition: 'remove', from, token: 'theirs' });
  return row;
}

async function removedAndClaimed(row: Row, where: { store: MappingStore; key: AssistantKey }): Promise<Row> {
  await removed(row, where);
  await advance(where.store, where.key, { transition: 'claim', from: undefined, token: 'newer' });
  return row;
}

/** The new row has the revision of the old one: only the assistant tells them apart. */
async function removedAndMadeAgain(row: Row, where: { store: MappingStore; key: AssistantKey }): Promise<Row> {
  await removedAndClaimed(row, where);
  const from = await rowOf(where.store, where.key);
  const change = { ...changeOf('finalise', 'newer'), assistantId: 'another' };
  await advance(where.store, where.key, { transition: 'finalise', from, token: 'newer', change });
  return row;
}
