import { configuration, withPrompt } from '../support/configurations.ts';
import { runDrift } from '../support/drift-runs.ts';
import { startService, type TestService } from '../support/service.ts';
import { type ContractTable, makeContractTable } from './contract-table.ts';
import { dynamoDbLocalUrl } from './dynamodb-local-url.ts';
import { StreamReader } from './stream-reader.ts';

let table: ContractTable;
let reader: StreamReader;
let service: TestService;
beforeAll(async () => {
  const url = dynamoDbLocalUrl();
  table = await makeContractTable(url);
  reader = await StreamReader.start(url, table);
  const settings = { AWS_ENDPOINT_URL_DYNAMODB: url, TABLE_NAME: table.name };
  service = await startService({ settings });
});
afterAll(async () => {
  await service.stop();
  await table.close();
});

it('the records of a real stream are told as the changes and findings that they are, also when they come twice', async () => {
  const tools = [{ type: 'function', function: { name: 'book' } }];
  await service.put('acme', 'inbound', configuration({ tools }));
  await service.drainQueue();
  await service.put('acme', 'inbound', { ...withPrompt('two'), tools });
  await service.put('acme', 'inbound', { ...withPrompt('two'), tools });
  const metadata = { managedBy: 'vapi-sync', deployment: 'test', orgId: 'acme', role: 'outbound' };
  service.vapi.seedAssistant('0a0a0a0a-0000-4000-8000-000000000002', { ...configuration(), metadata });
  await runDrift(service, 'report');
  await service.remove('acme', 'inbound');
  const event = await reader.read();
  expect(await service.tell(event)).toEqual({ batchItemFailures: [] });
  const told = service.bus.events.map(({ type }) => type);
  expect(told).toEqual([
    'Assistant Created',
    'Assistant Linked',
    'Assistant Updated',
    'Drift Found',
    'Assistant Removed',
  ]);
  const first = service.bus.events.map(({ detail }) => JSON.stringify(detail));
  service.bus.clear();
  await service.tell(event);
  expect(service.bus.events.map(({ detail }) => JSON.stringify(detail))).toEqual(first);
});
