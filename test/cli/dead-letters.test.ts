import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
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
