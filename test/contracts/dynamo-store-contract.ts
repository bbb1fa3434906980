import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { DynamoMappingStore } from '../../src/adapters/dynamodb/mapping-store.ts';
import { DynamoSpecStore } from '../../src/adapters/dynamodb/spec-store.ts';
import { DynamoTemplateStore } from '../../src/adapters/dynamodb/templates/template-store.ts';
import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import type { AssistantMapping } from '../../src/domain/mapping/assistant-mapping.ts';
import type { MappingStore } from '../../src/domain/mapping/stores.ts';
import { makesRevision, TRANSITIONS } from '../../src/domain/mapping/transitions.ts';
import type { ContractTable } from './contract-table.ts';
import {
  advance,
  bringTo,
  changeOf,
  freshKey,
  rowOf,
  stateOf,
  VALID_STEPS,
  writeOf,
  writerOf,
} from './mapping-situations.ts';
import { specToStore } from './spec-to-store.ts';

const AT = '2026-03-01T10:00:00.000Z';

/** What the stores promise beyond their interface because they share a table: items, index, and lost replies. */
export function describeDynamoStores(table: () => ContractTable): void {
  const store = () => new DynamoMappingStore(table());
  /** The same store over the connection that can be made to fail. */
  const shaken = (patienceMs?: number) =>
    new DynamoMappingStore({ client: table().faultyClient(patienceMs), name: table().name });
  const connection = () => table().connection;

  describe('items', () => {
    it('attributes that belong to somebody else survive every change of a row', async () => {
      const { key, row, token } = await bringTo('claimed', store());
      const drift = { M: { checkedAt: { S: AT }, findings: { L: [{ S: 'model' }] } } };
      await setAttribute(table(), key, { name: 'drift', value: drift });
      const idle = await advance(store(), key, { transition: 'finalise', from: row, token });
      const claimed = await advance(store(), key, { transition: 'claim', from: idle, token: 'next' });
      await advance(store(), key, { transition: 'release', from: claimed, token: 'next' });
      expect((await itemOf(table(), key))?.drift).toEqual(drift);
    });

    it('a row has the key of the design, and no TTL', async () => {
      const { key } = await bringTo('idle', store());
      const item = await itemOf(table(), key);
      expect(item).toMatchObject({ pk: { S: `ORG#${key.orgId}` }, sk: { S: 'ASSISTANT#inbound' } });
      expect(Object.keys(item ?? {})).not.toEqual(expect.arrayContaining([expect.stringMatching(/ttl|expire/i)]));
    });

    it('reading takes one consistent query, and none of the configurations', async () => {
      const { key } = await bringTo('idle', store());
      await bringTo('idle', store(), { ...key, role: 'outbound' });
      const specs = new DynamoSpecStore(table());
      const payload = { prompt: 'x'.repeat(250 * 1024) };
      for (const specHash of ['a', 'b', 'c', 'd', 'e'])
        await specs.save(key, specToStore({ specHash, payload, tools: [], at: AT }));
      await putRecord(table(), key.orgId, { vapiAssistantId: 'known' });
      connection().reset();
      const view = await shaken().read(key.orgId);
      expect(connection().seen).toEqual([
        { operation: 'Query', input: expect.objectContaining({ ConsistentRead: true }) },
      ]);
      expect(view.record).toEqual({ vapiAssistantId: 'known' });
      expect(view.mappings.map(({ role }) => role)).toEqual(['inbound', 'outbound']);
    });

    it.each([
      ['ids that are null', { vapiAssistantId: null, vapiPhoneNumberId: null }, {}],
      ['ids that are empty', { vapiAssistantId: '', vapiPhoneNumberId: '' }, {}],
      ['one id', { vapiPhoneNumberId: 'phone' }, { vapiPhoneNumberId: 'phone' }],
      ['attributes of its own', { name: 'Acme', tags: new Set(['a']), settings: { plan: 1 } }, {}],
    ])('an organisation record with %s', async (_, attributes, expected) => {
      const { orgId } = freshKey();
      await putRecord(table(), orgId, attributes);
      expect((await store().read(orgId)).record).toEqual(expected);
    });

    it('an organisation record of nearly the largest size does not hide the mappings', async () => {
      const { key, row } = await bringTo('idle', store());
      await putRecord(table(), key.orgId, { vapiAssistantId: 'known', notes: 'x'.repeat(390 * 1024) });
      expect(await store().read(key.orgId)).toEqual({
        record: { vapiAssistantId: 'known' },
        mappings: [row],
        unreadable: [],
      });
    });
  });

  describe('index', () => {
    it('lists the assistants of a scope in the order in which Vapi made them', async () => {
      const { orgId } = freshKey();
      const made = [
        { id: 'c', createdAt: '2026-01-03T00:00:00.000Z', role: 'inbound' },
        { id: 'b', createdAt: '2026-01-01T00:00:00.000Z', role: 'outbound' },
      ] as const;
      for (const { id, createdAt, role } of made) {
        await finalised(store(), { orgId, role }, { assistantId: id, assistantCreatedAt: createdAt, scope: 'org' });
      }
      expect(await listed(table(), `SCOPE#org:${orgId}`)).toEqual([
        `ORG#${orgId} ASSISTANT#outbound 2026-01-01T00:00:00.000Z#b`,
        `ORG#${orgId} ASSISTANT#inbound 2026-01-03T00:00:00.000Z#c`,
      ]);
    });

    it('has all organisations that use the platform key under one scope, ties broken by id', async () => {
      const keys = [freshKey(), freshKey(), freshKey()];
      const ids = keys.map(() => randomUUID());
      for (const [index, key] of keys.entries()) {
        await finalised(store(), key, { assistantId: ids[index] ?? '', assistantCreatedAt: AT, scope: 'platform' });
      }
      const places = (await listed(table(), 'SCOPE#platform')).filter((place) => ids.some((id) => place.endsWith(id)));
      expect(places.map((place) => place.split('#').at(-1))).toEqual(ids.toSorted());
    });

    it('has no row that names no assistant, and a moved one only in its new scope', async () => {
      const { key, row } = await bringTo('idle', store());
      await bringTo('claimed', store(), { ...key, role: 'outbound' });
      expect(await listed(table(), 'SCOPE#platform', key)).toHaveLength(1);
      const held = await advance(store(), key, { transition: 'claim', from: row, token: 'move' });
      const change = { ...changeOf('finalise', 'move'), scope: 'org', assistantId: 'moved' } as const;
      const moved = await advance(store(), key, { transition: 'finalise', from: held, token: 'move', change });
      expect(await listed(table(), 'SCOPE#platform', key)).toEqual([]);
      expect(await listed(table(), `SCOPE#org:${key.orgId}`)).toHaveLength(1);
      const last = await advance(store(), key, { transition: 'claim', from: moved, token: 'last' });
      await advance(store(), key, { transition: 'remove', from: last, token: 'last' });
      expect(await listed(table(), `SCOPE#org:${key.orgId}`)).toEqual([]);
    });

    it('keeps a row in its place while somebody holds it', async () => {
      const { key, row } = await bringTo('idle', store());
      const before = await listed(table(), 'SCOPE#platform', key);
      await advance(store(), key, { transition: 'claim', from: row, token: 'next' });
      expect(await listed(table(), 'SCOPE#platform', key)).toEqual(before);
    });
  });

  describe('a write that succeeded, its reply lost and the SDK having sent it again, is believed', () => {
    const faults = ['lose-reply', 'fail-after'] as const;
    const cases = VALID_STEPS.flatMap((step) => faults.map((fault) => ({ ...step, fault })));
    it.each(cases)('$transition from $state, $fault', async ({ transition, state, fault }) => {
      const situation = await bringTo(state, store());
      const { key, row } = situation;
      const token = writerOf(transition, situation);
      connection().reset();
      connection().plan({ fault });
      const result = await shaken().write(writeOf(key, { transition, from: row, token }));
      const after = await rowOf(store(), key);
      expect(writesSeen(table())).toBe(2);
      expect(result).toEqual({ kind: 'written' });
      expect(stateOf(after)).toBe(TRANSITIONS[transition].to);
      const grows = makesRevision(transition) ? 1 : 0;
      expect(after?.revision ?? 0).toBe(after ? (row?.revision ?? 0) + grows : 0);
    });

    it('a claim whose answer never came within the time that the client waits', async () => {
      const key = freshKey();
      connection().reset();
      connection().plan({ fault: 'hang-after' });
      // Enough for the second attempt on a busy machine.
      const result = await shaken(1_000).write(writeOf(key, { transition: 'claim', from: undefined, token: 'mine' }));
      expect(result).toEqual({ kind: 'written' });
      expect(await rowOf(store(), key)).toMatchObject({ revision: 1, claim: { token: 'mine' } });
      expect(writesSeen(table())).toBe(2);
    });
  });

  describe('a lost reply is not believed when somebody else was at the row before the second attempt', () => {
    it.each(VALID_STEPS)('$transition from $state', async ({ transition, state }) => {
      const situation = await bringTo(state, store());
      const { key, row } = situation;
      const token = writerOf(transition, situation);
      connection().reset();
      connection().plan({ fault: 'lose-reply', meanwhile: () => changeHands(store(), key) });
      const result = await shaken().write(writeOf(key, { transition, from: row, token }));
      const after = await rowOf(store(), key);
      expect(after?.finalisedBy).toBe('theirs');
      expect(result).toEqual({ kind: 'conflict', current: after });
    });

    it.each(VALID_STEPS)('$transition from $state, nothing of it having happened', async ({ transition, state }) => {
      const situation = await bringTo(state, store());
      const { key, row } = situation;
      const token = writerOf(transition, situation);
      await changeHands(store(), key);
      connection().reset();
      connection().plan({ fault: 'drop' });
      const result = await shaken().write(writeOf(key, { transition, from: row, token }));
      expect(result).toEqual({ kind: 'conflict', current: await rowOf(store(), key) });
    });
  });

  describe('a table that does not answer as it should', () => {
    const steps = [
      { transition: 'claim', state: 'absent' },
      { transition: 'remove', state: 'claimed' },
    ] as const;
    it.each(steps)('$transition: throttled once is tried again', async ({ transition, state }) => {
      const { key, row, token } = await bringTo(state, store());
      connection().reset();
      connection().plan({ fault: 'throttle' });
      const result = await shaken().write(writeOf(key, { transition, from: row, token }));
      expect(result.kind).toBe('written');
      expect(writesSeen(table())).toBe(2);
    });

    it('throttled for good is an error, and the row is as it was', async () => {
      const { key, row } = await bringTo('idle', store());
      connection().reset();
      connection().plan({ fault: 'throttle', times: 3 });
      const writing = shaken().write(writeOf(key, { transition: 'claim', from: row, token: 'mine' }));
      await expect(writing).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
      expect(await rowOf(store(), key)).toEqual(row);
      expect(writesSeen(table())).toBe(3);
    });

    it.each([
      { fault: 'hang', error: /requestTimeout/ },
      { fault: 'drop', error: /socket hang up/ },
    ] as const)('$fault for good is an error and no conflict', async ({ fault, error }) => {
      const { key, row } = await bringTo('idle', store());
      connection().reset();
      connection().plan({ fault, times: 3 });
      const writing = shaken(150).write(writeOf(key, { transition: 'claim', from: row, token: 'mine' }));
      await expect(writing).rejects.toThrow(error);
      expect(await rowOf(store(), key)).toEqual(row);
    });

    it('a read that times out is an error and not an organisation without a mapping', async () => {
      const { key } = await bringTo('idle', store());
      connection().plan({ fault: 'hang', times: 3 });
      await expect(shaken(150).read(key.orgId)).rejects.toThrow(/requestTimeout/);
    });

    it('a configuration that is too large for an item is an error, and nothing is kept of it', async () => {
      const key = freshKey();
      const specs = new DynamoSpecStore(table());
      const payload = { prompt: 'x'.repeat(401 * 1024) };
      await expect(
        specs.save(key, specToStore({ specHash: 'hash', payload, tools: [], at: AT })),
      ).rejects.toMatchObject({
        name: 'ValidationException',
      });
      expect(await specs.load(key, 'hash')).toBeUndefined();
    });

    it('removing configurations goes on over lost replies', async () => {
      const key = freshKey();
      const specs = new DynamoSpecStore(table());
      for (const specHash of ['a', 'b'])
        await specs.save(key, specToStore({ specHash, payload: {}, tools: [], at: AT }));
      connection().plan({ fault: 'lose-reply', times: 2 });
      await new DynamoSpecStore({ client: table().faultyClient(), name: table().name }).removeAll(key);
      expect([await specs.load(key, 'a'), await specs.load(key, 'b')]).toEqual([undefined, undefined]);
    });

    it.each(['lose-reply', 'fail-after'] as const)('a version of a template is added once, %s', async (fault) => {
      const templates = new DynamoTemplateStore({ client: table().faultyClient(), name: table().name });
      const template = { templateId: randomUUID(), version: 1, hash: 'one', content: { variables: {}, assistant: {} } };
      connection().plan({ fault });
      expect(await templates.add(template)).toBe(true);
      expect(await templates.add(template)).toBe(false);
      connection().plan({ fault: 'drop' });
      expect(await templates.add({ ...template, hash: 'two' })).toBe(false);
    });
  });
}

/** Whatever the row is like: somebody else takes it, and ends with an assistant of their own. */
async function changeHands(store: MappingStore, key: AssistantKey): Promise<void> {
  const row = await rowOf(store, key);
  const transition = row?.claim ? 'take-over' : 'claim';
  const from = await advance(store, key, { transition, from: row, token: 'theirs' });
  await advance(store, key, { transition: 'finalise', from, token: 'theirs' });
}

type Place = Pick<AssistantMapping, 'assistantId' | 'assistantCreatedAt' | 'scope'>;

async function finalised(store: MappingStore, key: AssistantKey, place: Required<Place>): Promise<void> {
  const { row, token } = await bringTo('claimed', store, key);
  const change = { ...changeOf('finalise', token), ...place };
  await advance(store, key, { transition: 'finalise', from: row, token, change });
}

interface NamedTable {
  client: DynamoDBClient;
  name: string;
}

const keyOf = ({ orgId, role }: AssistantKey) => marshall({ pk: `ORG#${orgId}`, sk: `ASSISTANT#${role}` });

async function itemOf({ client, name }: NamedTable, key: AssistantKey) {
  const { Item } = await client.send(new GetItemCommand({ TableName: name, ConsistentRead: true, Key: keyOf(key) }));
  return Item;
}

async function setAttribute(
  { client, name }: NamedTable,
  key: AssistantKey,
  attribute: { name: string; value: AttributeValue },
): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: name,
      Key: keyOf(key),
      UpdateExpression: 'SET #name = :value',
      ExpressionAttributeNames: { '#name': attribute.name },
      ExpressionAttributeValues: { ':value': attribute.value },
    }),
  );
}

/** Writes an organisation record as whoever owns it does. */
export async function putRecord({ client, name }: NamedTable, orgId: string, attributes: object): Promise<void> {
  const item = marshall({ pk: `ORG#${orgId}`, sk: 'PROFILE', ...attributes });
  await client.send(new PutItemCommand({ TableName: name, Item: item }));
}

/** What the index lists of a scope, in its order: primary key and sort key of each row. */
async function listed({ client, name }: NamedTable, scope: string, key?: AssistantKey): Promise<string[]> {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: name,
      IndexName: 'gsi1',
      KeyConditionExpression: 'gsi1pk = :scope',
      ExpressionAttributeValues: { ':scope': { S: scope } },
    }),
  );
  const places = Items.map(({ pk, sk, gsi1sk }) => `${pk?.S} ${sk?.S} ${gsi1sk?.S}`);
  return key ? places.filter((place) => place.startsWith(`ORG#${key.orgId} `)) : places;
}

const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem'];

function writesSeen({ connection }: ContractTable): number {
  return connection.seen.filter(({ operation }) => WRITES.includes(operation)).length;
}
