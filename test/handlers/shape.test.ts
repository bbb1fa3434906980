import { type AttributeValue, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { configuration, withPrompt } from '../support/configurations.ts';
import type { TestService } from '../support/service.ts';
import { assistantsOf } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;

useService((given) => {
  ({ service, org } = given);
});

const rowKey = () => ({ pk: { S: `ORG#${org}` }, sk: { S: 'ASSISTANT#inbound' } });
const table = () => service.environment.TABLE_NAME;

async function shapeInRow(): Promise<AttributeValue> {
  const { Item } = await service.dynamo.send(new GetItemCommand({ TableName: table(), Key: rowKey() }));
  return Item?.specShape ?? { NULL: true };
}

/** As a deployment leaves it that knows of no shapes. */
async function leaveShape(shape: AttributeValue): Promise<void> {
  const change = { UpdateExpression: 'SET specShape = :shape', ExpressionAttributeValues: { ':shape': shape } };
  await service.dynamo.send(new UpdateItemCommand({ TableName: table(), Key: rowKey(), ...change }));
}

describe('the configuration that was applied last', () => {
  it('is not read when the wanted one declares the same fields', async () => {
    await service.put(org, 'inbound', withPrompt('one'));
    service.clearCounts();
    await service.put(org, 'inbound', withPrompt('two'));
    expect(service.tableOperations).not.toContain('GetItem');
  });

  it('is read when fields come or go, and those that are gone are cleared', async () => {
    await service.put(org, 'inbound', configuration({ endCallMessage: 'Goodbye' }));
    service.clearCounts();
    await service.put(org, 'inbound', configuration());
    expect(service.tableOperations).toContain('GetItem');
    expect(assistantsOf(service.vapi, org)[0]).not.toHaveProperty('endCallMessage');
  });

  it('is read when the shape beside it is of another one: an earlier deployment has applied it', async () => {
    await service.put(org, 'inbound', configuration());
    const former = await shapeInRow();
    await service.put(org, 'inbound', configuration({ endCallMessage: 'Goodbye' }));
    await leaveShape(former);
    await service.put(org, 'inbound', withPrompt('two'));
    expect(assistantsOf(service.vapi, org)[0]).not.toHaveProperty('endCallMessage');
  });
});
