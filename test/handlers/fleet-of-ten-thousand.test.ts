import { BatchWriteItemCommand, DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import pMap from 'p-map';
import { configuration } from '../support/configurations.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const COUNT = 10_000;
const START = Date.parse('2026-01-01T00:00:00.000Z');
const TableName = () => service.environment.TABLE_NAME ?? '';

/** A row as PUT has written one, of another organisation, whose assistant was created at another moment. */
function copyOfRow(row: Record<string, unknown>, { orgId, createdMs }: { orgId: string; createdMs: number }) {
  const [assistantId, assistantCreatedAt] = [`assistant-${orgId}`, new Date(createdMs).toISOString()];
  return marshall({
    ...row,
    ...{ orgId, assistantId, assistantCreatedAt, pk: `ORG#${orgId}` },
    gsi1sk: `${assistantCreatedAt}#${assistantId}`,
    gsi2pk: `ASSISTANT#${assistantId}`,
  });
}

it('each of 10,000 that stays is listed once, while a hundred are made and removed between the pages', async () => {
  await service.put('first', 'inbound', configuration());
  const key = marshall({ pk: 'ORG#first', sk: 'ASSISTANT#inbound' });
  const { Item = {} } = await service.dynamo.send(new GetItemCommand({ TableName: TableName(), Key: key }));
  const row = unmarshall(Item);
  const made = Array.from({ length: COUNT }, (_, at) => ({ orgId: `org-${at}`, createdMs: START + at * 1000 }));
  const batches = Array.from({ length: COUNT / 25 }, (_, at) => made.slice(at * 25, at * 25 + 25));
  const write = async (batch: typeof made) => {
    const puts = batch.map((one) => ({ PutRequest: { Item: copyOfRow(row, one) } }));
    await service.dynamo.send(new BatchWriteItemCommand({ RequestItems: { [TableName()]: puts } }));
  };
  await pMap(batches, write, { concurrency: 16 });
  const gone = new Set<string>();
  const changeSome = async (page: number) => {
    for (const part of [1, 2]) {
      const at = (page * 397 + part * 4999) % COUNT;
      const item = copyOfRow(row, { orgId: `new-${page}-${part}`, createdMs: START + at * 1000 + 500 });
      await service.dynamo.send(new PutItemCommand({ TableName: TableName(), Item: item }));
      gone.add(`org-${at}`);
      const dead = marshall({ pk: `ORG#org-${at}`, sk: 'ASSISTANT#inbound' });
      await service.dynamo.send(new DeleteItemCommand({ TableName: TableName(), Key: dead }));
    }
  };
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; ; page += 1) {
    const { body } = await service.invoke('fleet', {
      version: '2.0',
      routeKey: 'GET /assistants',
      requestContext: { http: { method: 'GET' } },
      queryStringParameters: { limit: '200', ...(cursor ? { cursor } : {}) },
    });
    seen.push(...body.items.map(({ orgId }: { orgId: string }) => orgId));
    if (body.next === null) break;
    cursor = body.next;
    await changeSome(page);
  }
  expect(gone.size).toBeGreaterThanOrEqual(95);
  const times = new Map<string, number>();
  for (const orgId of seen) times.set(orgId, (times.get(orgId) ?? 0) + 1);
  const stayed = made.map(({ orgId }) => orgId).filter((orgId) => !gone.has(orgId));
  expect(stayed.filter((orgId) => times.get(orgId) !== 1)).toEqual([]);
  expect(new Set(seen).size).toBe(seen.length);
});
