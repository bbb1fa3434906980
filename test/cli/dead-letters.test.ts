import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { jest } from '@jest/globals';
import { openDeadLetters } from '../../cli/dead-letters.ts';
import { QueueProbe } from '../support/queue.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startService();
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SQS: service.queues.url,
  });
});
afterAll(() => service.stop());

const task = (orgId: string) => JSON.stringify({ kind: 'sync-tools', orgId, role: 'inbound', operationId: 'x' });

it('dead letters are shown by organisation; those that are chosen go back to the queue, the others stay', async () => {
  const client = new SQSClient({ region: 'eu-central-1' });
  const QueueUrl = service.queues.queueUrl('TaskDeadLetterQueue');
  for (const MessageBody of [task('acme'), task('globex'), 'no task']) {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  }
  client.destroy();
  const letters = await openDeadLetters({ region: 'eu-central-1' });
  const found = await letters.read();
  expect(found.map(({ kind, orgId }) => [kind, orgId])).toEqual(
    expect.arrayContaining([
      ['sync-tools', 'acme'],
      ['sync-tools', 'globex'],
      ['unknown', undefined],
    ]),
  );
  for (const letter of found.filter(({ orgId }) => orgId === 'acme')) await letters.sendBack(letter);
  await letters.close();
  const probe = new QueueProbe(service);
  expect((await probe.receive()).map(({ Body }) => Body)).toEqual([task('acme')]);
  expect((await probe.receive('TaskDeadLetterQueue')).map(({ Body }) => Body).toSorted()).toEqual([
    'no task',
    task('globex'),
  ]);
  probe.close();
});

it('all servers of the queue are asked: without a wait SQS asks some of them, and may know of no letter', async () => {
  const sent = jest.spyOn(SQSClient.prototype, 'send');
  const letters = await openDeadLetters({ region: 'eu-central-1' });
  await letters.read();
  await letters.close();
  const reads = sent.mock.calls
    .map(([command]) => command)
    .filter((command) => command instanceof ReceiveMessageCommand);
  sent.mockRestore();
  expect(reads.length).toBeGreaterThan(0);
  for (const { input } of reads) expect(input.WaitTimeSeconds).toBeGreaterThan(0);
});
