import type { ListeningServer } from '../../../local/stack/http-server.ts';
import { makeApplication } from '../../../src/application.ts';
import type { Change } from '../../../src/domain/changes/change.ts';
import type { MappingStore } from '../../../src/domain/mapping/stores.ts';
import { type ContractTable, makeContractTable, startDynalite } from '../../contracts/contract-table.ts';
import { bringTo, freshKey, rowOf, writeOf } from '../../contracts/mapping-situations.ts';

let server: ListeningServer;
let table: ContractTable;
let mappings: MappingStore;
const before = { ...process.env };

/** The stores as the functions have them: settings from the environment, the clients that are made for Lambda. */
beforeAll(async () => {
  server = await startDynalite();
  table = await makeContractTable(server.url);
  Object.assign(process.env, {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: table.connection.url,
    TABLE_NAME: table.name,
    SECRET_PREFIX: 'test',
    DEPLOYMENT_ID: 'test',
    TASK_QUEUE_URL: 'http://127.0.0.1:1/queue',
  });
  mappings = makeApplication().sync.mappings;
});
beforeEach(() => table.connection.reset());
afterAll(async () => {
  process.env = before;
  await table.close();
  await server.close();
});

describe('the clients of a function', () => {
  it('give up a request that hangs in time for another, and the claim that it made after all is theirs', async () => {
    const key = freshKey();
    table.connection.plan({ fault: 'hang-after' });
    const started = performance.now();
    const result = await mappings.write(writeOf(key, { transition: 'claim', from: undefined, token: 'mine' }));
    expect(performance.now() - started).toBeLessThan(6_000);
    expect(result).toEqual({ kind: 'written' });
    expect(await rowOf(mappings, key)).toMatchObject({ revision: 1, claim: { token: 'mine' } });
  });

  it('keep no change later than whoever follows waits for it: its place in the list of all was taken before', async () => {
    const origin = { by: null, operationId: null, from: null, to: null, paths: [] };
    const key = { orgId: 'acme', role: 'inbound' } as const;
    const at = '2026-01-01T00:00:00.000Z';
    const change: Change = { ...key, ...origin, id: 'token', at, action: 'created', assistantId: 'a', revision: 1 };
    table.connection.plan({ fault: 'hang', times: 2 });
    const started = performance.now();
    await expect(makeApplication().fleet.changes.keep(change)).rejects.toThrow(/abort/i);
    expect(performance.now() - started).toBeLessThan(4_500);
  });

  it('try three times, then the fault is an error', async () => {
    const { key, row } = await bringTo('idle', mappings);
    table.connection.reset();
    table.connection.plan({ fault: 'drop', times: 3 });
    const writing = mappings.write(writeOf(key, { transition: 'claim', from: row, token: 'mine' }));
    await expect(writing).rejects.toThrow(/socket hang up/);
    expect(table.connection.seen).toHaveLength(3);
    expect(await rowOf(mappings, key)).toEqual(row);
  });
});
