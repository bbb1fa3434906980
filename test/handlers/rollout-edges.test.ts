import { setTimeout as delay } from 'node:timers/promises';
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { performRollout } from '../../src/domain/rollouts/work/perform-rollout.ts';
import { call } from '../local/vapi-caller.ts';
import { configuration } from '../support/configurations.ts';
import type { TestService } from '../support/service.ts';
import { useRollouts } from '../support/use-rollouts.ts';

let service: TestService;
let org: string;
let templateId: string;
const { invoke, putTemplate, start, show } = useRollouts((given) => {
  ({ service, org, templateId } = given);
});

/** An organisation that is bound to version 1; version 2 is there. */
async function bind(): Promise<void> {
  await putTemplate('one');
  await service.put(org, 'inbound', { template: templateId });
  await putTemplate('two');
}
const alarmEvent = (alarmName: string) => ({
  source: 'aws.cloudwatch',
  'detail-type': 'CloudWatch Alarm State Change',
  detail: { alarmName, state: { value: 'ALARM' } },
});

it('an alarm that meets a write of the worker stops the rollout all the same', async () => {
  await bind();
  const { rolloutId } = (await start({ alarms: ['faults'] })).body;
  const store = service.app.rollouts.rollouts;
  const read = store.read.bind(store);
  let writes = 3;
  store.read = async (id) => {
    const found = await read(id);
    if (found && writes > 0) await store.write(found, {});
    writes -= 1;
    return found;
  };
  await service.invoke('rollouts', alarmEvent('faults'));
  store.read = read;
  expect(await show(rolloutId)).toMatchObject({ state: 'paused', reason: 'alarm' });
});

it('a rollout that cannot be read keeps no alarm, and no task, from the others', async () => {
  await bind();
  const { rolloutId } = (await start({ alarms: ['faults'] })).body;
  const { rollouts } = service.app.rollouts;
  const before = '20200101T000000Z-unreadable';
  await rollouts.makeNewest(`a-${templateId}`, { runId: before, at: '2020-01-01T00:00:00.000Z' }, undefined);
  const item = { pk: 'ROLLOUTS', sk: `ROLLOUT#${before}`, version: 1, body: '{"state":"unheard-of"}' };
  const Item = marshall(item);
  await service.dynamo.send(new PutItemCommand({ TableName: service.environment.TABLE_NAME, Item }));
  const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + 61_000 } });
  service.clearCounts();
  const schedule = later.invoke('rollouts', { source: 'aws.events', 'detail-type': 'Scheduled Event' });
  // It fails all the same: the alarm on failing functions tells.
  await expect(schedule).rejects.toThrow();
  expect(service.sent.map(({ task }) => task)).toContainEqual({ kind: 'rollout', rolloutId });
  await expect(service.invoke('rollouts', alarmEvent('faults'))).rejects.toThrow();
  expect(await show(rolloutId)).toMatchObject({ state: 'paused', reason: 'alarm' });
  const { pk, sk } = Item;
  const Key = { pk: pk ?? { S: '' }, sk: sk ?? { S: '' } };
  await service.dynamo.send(new DeleteItemCommand({ TableName: service.environment.TABLE_NAME, Key }));
});

describe('the look at a wave', () => {
  /** A rollout that is applied, and bakes, for a minute unless told. */
  const baking = async (bakeSeconds = 60) => {
    await bind();
    const { rolloutId } = (await start({ waves: { bakeSeconds } })).body;
    await service.work([{ kind: 'rollout', rolloutId }]);
    expect(await show(rolloutId)).toMatchObject({ state: 'baking', counts: { applied: 1 } });
    return rolloutId;
  };
  const lookAt = async (rolloutId: string, afterMs = 61_000) => {
    const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + afterMs } });
    const { batchItemFailures } = await later.work([{ kind: 'rollout', rolloutId }]);
    expect(batchItemFailures).toEqual([]);
    return await show(rolloutId);
  };
  const editAtVapi = async (body: object) => {
    const { assistantId } = (await service.get(org, 'inbound')).body;
    expect((await call(service.vapi, `PATCH /assistant/${assistantId}`, { body })).status).toBe(200);
  };

  it('stops at one that is not as it was applied', async () => {
    const rolloutId = await baking();
    await editAtVapi({ firstMessage: 'by hand' });
    expect(await lookAt(rolloutId)).toMatchObject({ state: 'paused', reason: 'unhealthy' });
  });

  /** Somebody's PUT, which Vapi has and the row has not yet. */
  const lookDuringPut = async (rolloutId: string, afterMs?: number) => {
    const other = service.anotherEnvironment();
    const { promise: isSent, resolve: sent } = Promise.withResolvers<void>();
    const { promise: isFree, resolve: free } = Promise.withResolvers<void>();
    const write = other.app.sync.mappings.write.bind(other.app.sync.mappings);
    other.app.sync.mappings.write = async (asked) => {
      if (asked.transition === 'finalise') {
        sent();
        await isFree;
      }
      return await write(asked);
    };
    const putting = other.put(org, 'inbound', configuration({ firstMessage: 'somebody else' }));
    await isSent;
    const seen = await lookAt(rolloutId, afterMs);
    free();
    expect((await putting).status).toBe(200);
    return seen;
  };

  it('takes no assistant for ill that somebody is just changing', async () => {
    const rolloutId = await baking(5);
    expect(await lookDuringPut(rolloutId, 6_000)).toMatchObject({ state: 'baking' });
    expect(await lookAt(rolloutId, 200_000)).toMatchObject({ state: 'completed' });
  });

  it('takes no assistant for ill whose change by somebody else was cut off', async () => {
    const rolloutId = await baking(5);
    expect(await lookDuringPut(rolloutId, 200_000)).toMatchObject({ state: 'completed' });
  });

  it('takes no assistant for ill that has tools of ours beside those that the template names', async () => {
    const made = await call(service.vapi, 'POST /tool', { body: { type: 'function', function: { name: 'by_hand' } } });
    const given = configuration().model;
    const model = { ...(isJsonObject(given) ? given : {}), toolIds: [made.json.id] };
    const tools = [{ type: 'function', function: { name: 'book' } }];
    await putTemplate('one', { model, tools });
    await service.put(org, 'inbound', { template: templateId });
    await service.drainQueue();
    await putTemplate('two', { model, tools });
    const { rolloutId } = (await start({ waves: { bakeSeconds: 60 } })).body;
    await service.work([{ kind: 'rollout', rolloutId }]);
    expect(await lookAt(rolloutId)).toMatchObject({ state: 'completed', counts: { applied: 1 } });
  });

  it('stops at one whose new tools Vapi refuses: it has those of before', async () => {
    await putTemplate('one');
    await service.put(org, 'inbound', { template: templateId });
    await putTemplate('two', { tools: [{ type: 'function', function: { name: 'refused' } }] });
    const { rolloutId } = (await start({ waves: { bakeSeconds: 60 } })).body;
    const on = { method: 'POST', path: '/tool' };
    service.vapi.inject({ on, behaviour: { kind: 'error-before', status: 400 } });
    await service.work([{ kind: 'rollout', rolloutId }]);
    await service.work([{ kind: 'sync-tools', orgId: org, role: 'inbound', operationId: rolloutId }]);
    expect((await service.get(org, 'inbound')).body).toMatchObject({ tools: { refused: expect.any(String) } });
    expect(await lookAt(rolloutId)).toMatchObject({ state: 'paused', reason: 'unhealthy' });
  });

  it('passes over the fields that are left to others', async () => {
    await service.putRecord(org, { driftIgnore: ['/firstMessage'] });
    const rolloutId = await baking();
    await editAtVapi({ firstMessage: 'by hand' });
    expect(await lookAt(rolloutId)).toMatchObject({ state: 'completed' });
  });

  it('waits while Vapi shows nothing', async () => {
    const rolloutId = await baking();
    service.vapi.inject({ on: { method: 'GET' }, behaviour: { kind: 'rate-limit', retryAfter: 600 } });
    expect(await lookAt(rolloutId)).toMatchObject({ state: 'baking' });
    service.vapi.clearFaults();
    expect(await lookAt(rolloutId)).toMatchObject({ state: 'baking' });
    expect(await lookAt(rolloutId, 700_000)).toMatchObject({ state: 'completed' });
  });

  it('stops at one whose key cannot be used any more, as it cannot be seen', async () => {
    const rolloutId = await baking();
    service.secrets.put(service.secretName(org), { apiKey: '' });
    expect(await lookAt(rolloutId)).toMatchObject({ state: 'paused', reason: 'unhealthy' });
  });
});

it('an alarm that comes while the rollout is planned waits for the plan', async () => {
  await bind();
  const { rolloutId } = (await start({ alarms: ['faults'] })).body;
  const store = service.app.rollouts.rollouts;
  const become = async (state: 'planning' | 'running') => {
    const found = await store.read(rolloutId);
    if (found) await store.write(found, { state });
  };
  await become('planning');
  const waiting = service.anotherEnvironment({ runtime: { sleep: () => become('running') } });
  await waiting.invoke('rollouts', alarmEvent('faults'));
  expect(await show(rolloutId)).toMatchObject({ state: 'paused', reason: 'alarm' });
});

it('has no pace below nothing while its targets are written down', async () => {
  await bind();
  const { rolloutId } = (await start()).body;
  const store = service.app.rollouts.rollouts;
  const found = await store.read(rolloutId);
  if (found) await store.write(found, { state: 'planning', targets: 0, sizes: [], wave: 0 });
  expect(await show(rolloutId)).toMatchObject({ state: 'planning', ratePerMinute: 0 });
});

it('an alarm that waits for a plan has stopped the others before', async () => {
  await bind();
  const other = templateId;
  const { rolloutId } = (await start({ alarms: ['faults'] })).body;
  const { rollouts } = service.app.rollouts;
  const planned = await rollouts.read(rolloutId);
  if (!planned) throw new Error('there is no rollout');
  const planning = {
    ...planned,
    rolloutId: '20990101T000000Z-planning',
    template: `a-${other}`,
    state: 'planning' as const,
  };
  await rollouts.create(planning);
  await rollouts.makeNewest(planning.template, { runId: planning.rolloutId, at: planned.startedAt }, undefined);
  const seen: string[] = [];
  const sleep = async () => {
    for (let looks = 0; looks < 999 && (await rollouts.read(rolloutId))?.state !== 'paused'; looks += 1)
      await delay(10);
    seen.push((await show(rolloutId)).state);
    const found = await rollouts.read(planning.rolloutId);
    if (found) await rollouts.write(found, { state: 'aborted' });
  };
  await service.anotherEnvironment({ runtime: { sleep } }).invoke('rollouts', alarmEvent('faults'));
  expect(seen).toEqual(['paused']);
});

it('takes as many organisations as it says, however long their ids', async () => {
  await bind();
  const { mappings } = service.app.rollouts;
  const read = mappings.read.bind(mappings);
  const isNobody = (orgId: string) => orgId.startsWith('nobody-');
  mappings.read = async (orgId) =>
    isNobody(orgId) ? { record: undefined, mappings: [], unreadable: [] } : read(orgId);
  const orgIds = [org, ...Array.from({ length: 9_999 }, (_, index) => `nobody-${index}`.padEnd(64, '-'))];
  const { status, body } = await start({ select: { orgIds } });
  expect({ status, body }).toMatchObject({ status: 202, body: { targets: 1 } });
  await service.work([{ kind: 'rollout', rolloutId: body.rolloutId }]);
  expect(await show(body.rolloutId)).toMatchObject({ state: 'completed', counts: { applied: 1 } });
  mappings.read = read;
});

it('a plan for which the time does not suffice is refused, and leaves the template free', async () => {
  await bind();
  const body = JSON.stringify({ template: templateId, version: 2, select: { orgIds: [org] } });
  const event = { routeKey: 'POST /rollouts', requestContext: { http: { method: 'POST' } }, body };
  expect((await service.invoke('rollouts', event, 2_000)).body).toMatchObject({ errors: [{ field: 'select' }] });
  expect((await start()).status).toBe(202);
});

it('plans that were given up keep nobody from rolling the one before them back', async () => {
  await bind();
  const { rolloutId } = (await start()).body;
  await service.work([{ kind: 'rollout', rolloutId }]);
  const body = JSON.stringify({ template: templateId, version: 1, select: { orgIds: [org] } });
  const event = { routeKey: 'POST /rollouts', requestContext: { http: { method: 'POST' } }, body };
  for (const _attempt of [1, 2]) expect((await service.invoke('rollouts', event, 2_000)).status).toBe(400);
  const rollBack = () => invoke('POST', '/rollouts/{rolloutId}/rollback', { rolloutId });
  expect(await rollBack()).toMatchObject({ status: 200, body: { state: 'rolling-back' } });
  expect((await start()).body).toMatchObject({ code: 'ROLLOUT_IN_PROGRESS' });
  await service.work([{ kind: 'rollout', rolloutId }]);
  expect(await show(rolloutId)).toMatchObject({ state: 'rolled-back', counts: { 'rolled-back': 1 } });
  // One that began counts, whatever became of it.
  const first = (await start()).body.rolloutId;
  await service.work([{ kind: 'rollout', rolloutId: first }]);
  const second = (await start({ version: 1 })).body.rolloutId;
  await invoke('POST', '/rollouts/{rolloutId}/abort', { rolloutId: second });
  expect((await service.invoke('rollouts', event, 2_000)).status).toBe(400);
  const refused = await invoke('POST', '/rollouts/{rolloutId}/rollback', { rolloutId: first });
  expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining(second) } });
});

it('a page of a plan is no larger than what Lambda hands on, and the next goes on behind it', async () => {
  const prompt = (letter: string): JsonObject => ({
    model: { provider: 'openai', model: 'gpt-4o', messages: [{ role: 'system', content: letter.repeat(240_000) }] },
  });
  await putTemplate('one', prompt('a'));
  const orgIds = Array.from({ length: 14 }, (_, index) => `${org}-${index}`);
  for (const orgId of orgIds) await service.put(orgId, 'inbound', { template: templateId });
  await putTemplate('two', prompt('b'));
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const query = cursor === null ? {} : { cursor };
    const request = { template: templateId, version: 2, select: { orgIds }, dryRun: true };
    const { body } = await invoke('POST', '/rollouts', {}, request, query);
    expect(JSON.stringify(body).length).toBeLessThan(4 * 1024 * 1024);
    found.push(...body.items.map(({ orgId }: { orgId: string }) => orgId));
    cursor = body.next;
  } while (cursor !== null);
  expect(found).toEqual(orgIds);
});

it('begins no more than have their turns before its time is over', async () => {
  await putTemplate('one');
  const orgIds = Array.from({ length: 12 }, (_, index) => `${org}-${index}`);
  for (const orgId of orgIds) await service.put(orgId, 'inbound', { template: templateId });
  await putTemplate('two');
  const { rolloutId } = (await start({ maxConcurrent: 12, waves: { first: 12, bakeSeconds: 0 } })).body;
  // Turns alone take time, and what this machine does takes none. Whoever waits least is woken first.
  const began = Date.now();
  let passedMs = 0;
  const now = () => began + passedMs;
  const sleep = async (ms: number) => {
    const until = passedMs + ms;
    await delay(ms / 20);
    passedMs = Math.max(passedMs, until);
  };
  const settings = { BACKGROUND_CALLS_PER_SECOND: '1' };
  const { app } = service.anotherEnvironment({ settings, runtime: { now, sleep } });
  const remainingMs = () => began + 20_000 - now();
  const ended = await performRollout(
    { ...app.rollouts, journal: { record: () => {} }, deadline: { remainingMs } },
    rolloutId,
  );
  expect(remainingMs()).toBeGreaterThan(0);
  expect(ended).toEqual({ kind: 'done', outcome: 'continued' });
  const { counts } = await show(rolloutId);
  expect(counts.applied).toBeGreaterThan(0);
  expect(counts.applied + counts.outdated).toBe(12);
});

it('what was started or resumed is so although the queue does not answer: the task is sent within a minute', async () => {
  await bind();
  const broken = service.anotherEnvironment({ settings: { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9' } });
  const ask = (path: string, pathParameters: object, body?: object) =>
    broken.invoke('rollouts', {
      routeKey: `POST ${path}`,
      requestContext: { http: { method: 'POST' } },
      pathParameters,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const { status, body } = await ask('/rollouts', {}, { template: templateId, version: 2 });
  expect(status).toBe(202);
  const { rolloutId } = body;
  await ask('/rollouts/{rolloutId}/pause', { rolloutId });
  expect((await ask('/rollouts/{rolloutId}/resume', { rolloutId })).body).toMatchObject({ state: 'running' });
});

it('resume tries a failed target again, also while a worker writes to its unit', async () => {
  await bind();
  service.vapi.inject({ on: { method: 'PATCH' }, behaviour: { kind: 'error-before', status: 400 } });
  const { rolloutId } = (await start()).body;
  await service.work([{ kind: 'rollout', rolloutId }]);
  expect(await show(rolloutId)).toMatchObject({ state: 'paused', counts: { failed: 1 } });
  const { targets } = service.app.rollouts;
  const write = targets.write.bind(targets);
  let isFirst = true;
  targets.write = async (unit, change) => {
    if (isFirst) await write(unit, { targets: unit.targets, heldUntil: unit.heldUntil });
    isFirst = false;
    return await write(unit, change);
  };
  const resumed = await invoke('POST', '/rollouts/{rolloutId}/resume', { rolloutId });
  targets.write = write;
  expect(resumed.body).toMatchObject({ state: 'running', counts: { failed: 0, outdated: 1 } });
});

it.each(['', ' ', '-1', '0x10', '1e1', '1.0', 'x'])('a cursor %j of targets is none', async (cursor) => {
  await bind();
  const { rolloutId } = (await start()).body;
  const path = '/rollouts/{rolloutId}/targets';
  const { status, body } = await invoke('GET', path, { rolloutId }, undefined, { cursor });
  expect({ status, errors: body.errors }).toMatchObject({ status: 400, errors: [{ field: 'cursor' }] });
  const request = { template: templateId, version: 2, dryRun: true };
  expect((await invoke('POST', '/rollouts', {}, request, { cursor })).status).toBe(400);
});

it('an assistant that the list of the fleet shows twice is one target', async () => {
  await bind();
  const { fleet } = service.app.rollouts;
  const everyRow = fleet.everyRow.bind(fleet);
  fleet.everyRow = async function* twice() {
    yield* everyRow();
    yield* everyRow();
  };
  const { body } = await start();
  fleet.everyRow = everyRow;
  expect(body).toMatchObject({ targets: 1, waves: [1] });
});

it('a rollout without targets is over at once, whatever its bake: the template is free for the next one', async () => {
  await putTemplate('one');
  await putTemplate('two');
  const { status, body } = await start({ waves: { bakeSeconds: 3_600 } });
  expect([status, body.targets]).toEqual([202, 0]);
  await service.work([{ kind: 'rollout', rolloutId: body.rolloutId }]);
  expect(await show(body.rolloutId)).toMatchObject({ state: 'completed', targets: 0 });
  expect((await start()).status).toBe(202);
});
