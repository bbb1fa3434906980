import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { jest } from '@jest/globals';
import { DynamoSpecStore } from '../../../src/adapters/dynamodb/spec-store.ts';

it('a removal that fails ends when those under way have ended, and nothing new begins', async () => {
  const client = new DynamoDBClient({ region: 'eu-central-1' });
  const steps: string[] = [];
  const Items = Array.from({ length: 30 }, (_, hash) => ({ pk: { S: 'ORG#acme' }, sk: { S: `SPEC#inbound#${hash}` } }));
  jest.spyOn(client, 'send').mockImplementation(async (command: object) => {
    if (command instanceof QueryCommand) return { Items };
    const isFirst = steps.push('begins') === 1;
    await delay(isFirst ? 5 : 20);
    if (isFirst) throw Object.assign(new Error('too many'), { name: 'ThrottlingException' });
    steps.push('ends');
    return {};
  });
  const removing = new DynamoSpecStore({ client, name: 'table' }).removeAll({ orgId: 'acme', role: 'inbound' });
  await expect(removing).rejects.toMatchObject({ name: 'ThrottlingException' });
  expect(steps).toEqual([...Array(10).fill('begins'), ...Array(9).fill('ends')]);
  client.destroy();
});
