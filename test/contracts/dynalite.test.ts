import type { ListeningServer } from '../../local/stack/http-server.ts';
import { startDynalite } from './contract-table.ts';
import { describeStoresAt } from './dynamo-suite.ts';

let server: ListeningServer;
beforeAll(async () => {
  server = await startDynalite();
});
afterAll(() => server.close());

describe('on dynalite', () => {
  describeStoresAt(() => server.url);
});
