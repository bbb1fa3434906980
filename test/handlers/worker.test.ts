import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { Problem } from '../../src/domain/problem.ts';
import { configuration } from '../support/configurations.ts';
import { QueueProbe } from '../support/queue.ts';
import { startService, type TestService, WITHOUT_PAUSES } from '../support/service.ts';
import { calls } from '../support/upstream.ts';

let service: TestService;
let org: string;
let probe: QueueProbe;

beforeAll(async () => {
  service = await startService({ upstreamTiming: { longestAttemptMs: 2_000, firstPauseMs: 1 } });
  probe = new QueueProbe(service);
});
beforeEach(async () => {
  org = `org-${randomUUID().slice(0, 8)}`;
  await service.forgetTasks();
  service.vapi.clearFaults();
  service.secrets.clearFaults();
  service.clearCounts();
});
afterAll(async () => {
  probe.close();
  await service.stop();
});

const tools = () => [{ type: 'function', function: { name: `book-${org}` } }];
const task = (orgId = org) => ({ kind: 'sync-tools', orgId, role: 'inbound', operationId: 'op-1' });
const pending = async () => {
  await service.put(org, 'inbound', configuration({ tools: tools() }));
  await probe.receive();
  service.clearCounts();
};
const failed = (...indexes: number[]) => ({
  batchItemFailures: indexes.map((index) => ({ itemIdentifier: `message-${index}` })),
});

it('reports the messages that failed, and them alone', async () => {
  await pending();
  expect(await service.work(['no JSON', task(), { kind: 'nonsense' }])).toEqual(failed(0, 2));
  expect((await service.get(org, 'inbound')).body.tools.status).toBe('linked');
});

it('logs nothing of what quotes a caller or Vapi, as the routes do', async () => {
  const { mappings } = service.app.sync;
  const read = jest
    .spyOn(mappings, 'read')
    .mockRejectedValueOnce(new Problem('VALIDATION_FAILED', 'a top-secret-prompt'));
  service.output.clear();
  expect(await service.work([task()])).toEqual(failed(0));
  read.mockRestore();
  const [logged] = service.output.lines().filter(({ code }) => code === 'TASK_FAILED');
  expect(logged).toMatchObject({ problem: 'VALIDATION_FAILED' });
  expect(service.output.text()).not.toContain('top-secret-prompt');
});

it('leaves the time of messages that failed to those that are left', async () => {
  const { mappings, vapi } = service.app.sync;
  await pending();
  const open = jest.spyOn(vapi, 'open');
  const read = jest.spyOn(mappings, 'read');
  for (let index = 0; index < 4; index += 1) read.mockRejectedValueOnce(new Error('broken'));
  expect(await service.work([task('a'), task('b'), task('c'), task('d'), task()])).toEqual(failed(0, 1, 2, 3));
  const leftMs = open.mock.calls[0]?.[1].remainingMs() ?? 0;
  open.mockRestore();
  read.mockRestore();
  expect(leftMs).toBeGreaterThan(100_000);
});

it('logs each task with the id of the operation that has sent it', async () => {
  await pending();
  service.output.clear();
  await service.work([task()]);
  const steps = service.output.lines().filter(({ code }) => code !== undefined);
  expect(steps.length).toBeGreaterThan(3);
  expect(
    steps.every(({ operationId, orgId, role }) => operationId === 'op-1' && orgId === org && role === 'inbound'),
  ).toBe(true);
});

it.each([
  ['throttles', { kind: 'rate-limit', retryAfter: 40 }, 40],
  ['is down', { kind: 'error-before', status: 503 }, 5],
])(
  'puts a message back while Vapi %s, with a delay and without counting it as failed',
  async (_name, behaviour, delay) => {
    await pending();
    service.vapi.inject({ on: { path: '/tool' }, times: null, behaviour });
    service.vapi.inject({ on: { path: '/assistant' }, times: null, behaviour });
    // Of its own: the circuit of an environment would stay open for the tests that follow.
    expect(await service.anotherEnvironment({ runtime: WITHOUT_PAUSES }).work([task()])).toEqual(failed());
    expect(service.sent).toEqual([{ task: task(), delaySeconds: expect.any(Number) }]);
    expect(service.sent[0]?.delaySeconds).toBeGreaterThanOrEqual(delay);
  },
);

it('a secret that cannot be read fails the message: it comes back, and nothing is asked of Vapi', async () => {
  await pending();
  const environment = service.anotherEnvironment();
  service.secrets.inject({ secret: service.secretName(org), times: null, kind: 'AccessDeniedException' });
  expect(await environment.work([task()])).toEqual(failed(0));
  expect(calls(service.vapi)).toEqual([]);
});

it('a message that always fails ends in the dead-letter queue after five receives', async () => {
  await probe.send('no JSON');
  for (let received = 1; received <= 5; received += 1) {
    const [message] = await probe.receive();
    expect(message?.Body).toBe('no JSON');
    expect(await service.work(['no JSON'], received)).toEqual(failed(0));
    if (message) await probe.letReturn(message);
  }
  expect(await probe.receive()).toEqual([]);
  expect((await probe.receive('TaskDeadLetterQueue')).map(({ Body }) => Body)).toEqual(['no JSON']);
});
