import { DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { importLines } from '../../../cli/import/import-lines.ts';
import { listManaged } from '../../../cli/import/list-managed.ts';
import { readLines } from '../../../cli/import/read-lines.ts';
import { LOCAL_ACCOUNTS } from '../../../local/vapi/stand-in.ts';
import { configuration, withPrompt } from '../../support/configurations.ts';
import { ACME_KEY, PLATFORM_KEY, type TestService } from '../../support/service.ts';
import { assistantsOf, everyAssistant } from '../../support/upstream.ts';
import { useService } from '../../support/use-service.ts';

let service: TestService;
useService((given) => {
  service = given.service;
});

async function loseTheTable(): Promise<void> {
  const TableName = service.environment.TABLE_NAME ?? '';
  const { Items = [] } = await service.dynamo.send(new ScanCommand({ TableName }));
  for (const { pk, sk } of Items) {
    if (pk && sk) await service.dynamo.send(new DeleteItemCommand({ TableName, Key: { pk, sk } }));
  }
}

it('a table that was lost is built again from the metadata at Vapi: the same ids, and no assistant is made twice', async () => {
  service.secrets.put(service.secretName('own'), { apiKey: ACME_KEY });
  const orgs = ['one', 'two', 'own'];
  for (const org of orgs) await service.put(org, 'inbound', configuration());
  await service.put('one', 'outbound', configuration());
  service.vapi.seedAssistant(LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '', configuration({ name: 'By hand' }));
  const foreign = { managedBy: 'vapi-sync', deployment: 'another', orgId: 'one', role: 'inbound' };
  service.vapi.seedAssistant(LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '', configuration({ metadata: foreign }));
  const before = everyAssistant(service.vapi).length;
  const ids = orgs.flatMap((org) =>
    assistantsOf(service.vapi, org)
      .filter(({ metadata }) => JSON.stringify(metadata).includes('"test"'))
      .map(({ id }) => id),
  );
  await loseTheTable();

  const { sync } = service.anotherEnvironment().app;
  const found = [...(await listManaged(sync)), ...(await listManaged(sync, 'own'))];
  expect(found.map(({ assistantId }) => assistantId).toSorted()).toEqual(ids.toSorted());
  const csv = [
    'orgId,role,assistantId',
    ...found.map(({ orgId, role, assistantId }) => `${orgId},${role},${assistantId}`),
  ];
  const outcomes: string[] = [];
  await importLines(sync, {
    lines: readLines(csv.join('\n')),
    concurrency: 4,
    observeOnly: false,
    journal: { record: () => {} },
    onOutcome: (_line, outcome) => outcomes.push(outcome.kind),
    isStopped: () => false,
  });
  expect(outcomes).toEqual(['imported', 'imported', 'imported', 'imported']);
  for (const org of orgs) {
    expect((await service.anotherEnvironment().put(org, 'inbound', withPrompt('after'))).body.outcome).toBe('updated');
  }
  expect(everyAssistant(service.vapi)).toHaveLength(before);
});

it('an organisation without a key of its own has no account to ask', async () => {
  await expect(listManaged(service.app.sync, 'one')).rejects.toThrow("the platform's");
});
