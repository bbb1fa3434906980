import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import { eventErrors } from '../support/event-schemas.ts';
import { ACME_KEY, PLATFORM_KEY, type TestService, WITHOUT_PAUSES } from '../support/service.ts';
import { assistantsOf } from '../support/upstream.ts';
import { useRollouts } from '../support/use-rollouts.ts';

let service: TestService;
let org: string;
let templateId: string;
const { invoke, putTemplate, start, show } = useRollouts((given) => {
  ({ service, org, templateId } = given);
});

/** Organisations that are bound to version 1; version 2 is there. */
async function bound(count: number): Promise<string[]> {
  await putTemplate('one');
  const orgs = Array.from({ length: count }, (_, index) => `${org}-${String(index).padStart(3, '0')}`);
  for (const one of orgs) await service.put(one, 'inbound', { template: templateId });
  await putTemplate('two');
  service.clearCounts();
  return orgs;
}
const act = (rolloutId: string, action: string) => invoke('POST', `/rollouts/{rolloutId}/${action}`, { rolloutId });
const work = (rolloutId: string) => service.work([{ kind: 'rollout', rolloutId }]);
const targetsOf = async (rolloutId: string, query = {}) =>
  (await invoke('GET', '/rollouts/{rolloutId}/targets', { rolloutId }, undefined, query)).body;
const messageOf = async (one: string) => {
  const { assistantId, template } = (await service.get(one, 'inbound')).body;
  const found = service.vapi.assistants(LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '').find(({ id }) => id === assistantId);
  return `${found?.firstMessage} ${template?.version}`;
};

const SIZE = Number(process.env.ROLLOUT_TARGETS ?? 30);

it('brings every bound assistant to the version, in waves, at a GET and a PATCH and two writes more than a PUT', async () => {
  const orgs = await bound(SIZE);
  await service.put(`${org}-plain`, 'inbound', configuration());
  const { status, body } = await start({ waves: { first: 1, growth: 'exponential', factor: 5, bakeSeconds: 0 } });
  expect(status).toBe(202);
  expect(body).toMatchObject({ targets: SIZE });
  expect(body.waves.slice(0, 3)).toEqual([1, 5, Math.min(25, SIZE - 6)]);
  expect((await start()).body.code).toBe('ROLLOUT_IN_PROGRESS');
  service.clearCounts();
  await work(body.rolloutId);
  const writes = service.tableOperations.filter((name) => /Put|Update|Delete/.test(name)).length;
  const shown = await show(body.rolloutId);
  expect(shown).toMatchObject({
    state: 'completed',
    counts: { applied: SIZE, outdated: 0 },
    endedAt: expect.any(String),
  });
  for (const one of orgs) expect(await messageOf(one)).toBe('two 2');
  expect(service.vapi.count('PATCH')).toBe(SIZE);
  // The look at a wave is one read more.
  expect(service.vapi.count('GET', /assistant/)).toBe(2 * SIZE);
  expect(writes).toBeLessThanOrEqual((4 + 2) * SIZE + 2 * body.waves.length + 4);
  const { items } = await targetsOf(body.rolloutId, { state: 'applied', limit: '200' });
  expect(items).toHaveLength(Math.min(200, SIZE));
  const [{ changedBy }] = (await service.get(orgs[0] ?? '')).body.assistants;
  expect(changedBy).toEqual({ kind: 'rollout', id: body.rolloutId });
}, 120_000);

it('takes each target back to its own configuration, but for one that somebody has changed since', async () => {
  const orgs = await bound(4);
  const { rolloutId } = (await start()).body;
  await work(rolloutId);
  await service.put(orgs[2] ?? '', 'inbound', withPrompt('mine'));
  expect((await act(rolloutId, 'rollback')).body.state).toBe('rolling-back');
  await work(rolloutId);
  expect(await show(rolloutId)).toMatchObject({ state: 'rolled-back', counts: { 'rolled-back': 3, skipped: 1 } });
  expect(await messageOf(orgs[0] ?? '')).toBe('one 1');
  expect(await messageOf(orgs[2] ?? '')).toBe('Hello! undefined');
  const { items } = await targetsOf(rolloutId, { state: 'skipped' });
  expect(items).toMatchObject([{ orgId: orgs[2], code: 'CHANGED_SINCE' }]);
});

it('one that a dead worker had brought to the version is taken back, also when it could not be applied again', async () => {
  const [one = ''] = await bound(1);
  const { rolloutId } = (await start()).body;
  const dying = service.anotherEnvironment();
  const { targets } = dying.app.rollouts;
  const write = targets.write.bind(targets);
  let writes = 0;
  targets.write = async (unit, change) => {
    writes += 1;
    if (writes > 1) throw new Error('dead');
    return await write(unit, change);
  };
  await dying.work([{ kind: 'rollout', rolloutId }]);
  expect(await messageOf(one)).toBe('two 2');
  expect(await show(rolloutId)).toMatchObject({ counts: { applying: 1 } });
  const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + 200_000 } });
  const on = { method: 'GET', path: '/assistant' };
  service.vapi.inject({ on, times: null, behaviour: { kind: 'error-before', status: 401 } });
  await later.work([{ kind: 'rollout', rolloutId }]);
  expect(await show(rolloutId)).toMatchObject({ state: 'paused', counts: { failed: 1 } });
  service.vapi.clearFaults();
  await act(rolloutId, 'rollback');
  await later.work([{ kind: 'rollout', rolloutId }]);
  expect(await show(rolloutId)).toMatchObject({ state: 'rolled-back', counts: { 'rolled-back': 1 } });
  expect(await messageOf(one)).toBe('one 1');
});

it('one whose update had its effect before the key was refused is taken back', async () => {
  const [one = ''] = await bound(1);
  const { rolloutId } = (await start()).body;
  service.vapi.inject({ on: { method: 'PATCH' }, behaviour: { kind: 'error-after', status: 503 } });
  service.vapi.inject({ on: {}, skip: 1, times: null, behaviour: { kind: 'error-before', status: 401 } });
  await work(rolloutId);
  service.vapi.clearFaults();
  expect(await show(rolloutId)).toMatchObject({ state: 'paused', failures: [{ code: 'VAPI_UNAUTHORIZED' }] });
  expect(await messageOf(one)).toBe('two 1');
  await act(rolloutId, 'rollback');
  await work(rolloutId);
  expect(await show(rolloutId)).toMatchObject({ state: 'rolled-back', counts: { 'rolled-back': 1 } });
  expect(await messageOf(one)).toBe('one 1');
});

it('a voice that was retired since is replaced on the way back, as by a PUT', async () => {
  const voice = { provider: 'vapi', voiceId: 'Elliot' };
  const lenient = service.anotherEnvironment({ settings: { VOICE_POLICY: 'keep-active-vapi' } });
  await putTemplate('one', { voice });
  await lenient.put(org, 'inbound', { template: templateId });
  await putTemplate('two', { voice });
  const voiceNow = () => assistantsOf(service.vapi, org, 'inbound')[0]?.voice;
  expect(voiceNow()).toMatchObject(voice);
  const { rolloutId } = (await start()).body;
  await work(rolloutId);
  await act(rolloutId, 'rollback');
  await work(rolloutId);
  expect(await show(rolloutId)).toMatchObject({ state: 'rolled-back', counts: { 'rolled-back': 1 } });
  expect(await messageOf(org)).toBe('one 1');
  expect(voiceNow()).toMatchObject({ provider: 'azure', voiceId: 'en-US-JennyNeural' });
});

it('a target that somebody has changed since the plan is left', async () => {
  const orgs = await bound(2);
  const { rolloutId } = (await start()).body;
  await service.put(orgs[1] ?? '', 'inbound', {
    template: templateId,
    version: 1,
    overrides: { firstMessage: 'mine' },
  });
  await work(rolloutId);
  expect(await show(rolloutId)).toMatchObject({ state: 'completed', counts: { applied: 1, skipped: 1 } });
  expect(await messageOf(orgs[1] ?? '')).toBe('mine 1');
});

it('one that was deleted at Vapi is made again, one whose mapping is gone is not', async () => {
  const orgs = await bound(2);
  const { assistantId } = (await service.get(orgs[0] ?? '', 'inbound')).body;
  const { rolloutId } = (await start()).body;
  await fetch(`${service.vapi.url}/assistant/${assistantId}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${PLATFORM_KEY}` },
  });
  await service.remove(orgs[1] ?? '', 'inbound');
  await work(rolloutId);
  expect(await show(rolloutId)).toMatchObject({ state: 'completed', counts: { applied: 1, skipped: 1 } });
  expect((await service.get(orgs[1] ?? '', 'inbound')).status).toBe(404);
});

it.each(['before', 'after'] as const)(
  'one whose removal was cut off %s the rollout reached it does not come back',
  async (moment) => {
    const [one = ''] = await bound(1);
    const { rolloutId } = (await start()).body;
    if (moment === 'after') await work(rolloutId);
    service.vapi.inject({ on: { method: 'DELETE' }, times: null, behaviour: { kind: 'error-after', status: 503 } });
    expect((await service.remove(one, 'inbound')).status).toBe(503);
    service.vapi.clearFaults();
    if (moment === 'after') await act(rolloutId, 'rollback');
    const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + 60_000 } });
    await later.work([{ kind: 'rollout', rolloutId }]);
    const state = moment === 'before' ? 'completed' : 'rolled-back';
    expect(await show(rolloutId)).toMatchObject({ state, counts: { skipped: 1 } });
    expect((await service.get(one, 'inbound')).body).toMatchObject({ state: 'interrupted' });
    expect(service.vapi.count('POST')).toBe(0);
    expect((await service.remove(one, 'inbound')).status).toBe(204);
  },
);

it.each(['pause', 'rollback'])(
  'more failures than are tolerated stop it before the next wave: %s',
  async (onFailure) => {
    const orgs = await bound(7);
    service.vapi.inject({
      on: { method: 'PATCH' },
      times: 1,
      behaviour: { kind: 'error-before', status: 400 },
    });
    const { rolloutId } = (await start({ onFailure })).body;
    await work(rolloutId);
    const shown = await show(rolloutId);
    expect(shown).toMatchObject({
      reason: 'tolerance',
      wave: 1,
      failures: [{ code: 'VAPI_REJECTED', count: 1, examples: [`${orgs[0]}/inbound`] }],
    });
    expect(shown.state).toBe(onFailure === 'pause' ? 'paused' : 'rolled-back');
    for (const one of orgs) expect(await messageOf(one)).toBe('one 1');
    if (onFailure === 'rollback') return;
    await act(rolloutId, 'resume');
    await work(rolloutId);
    expect(await show(rolloutId)).toMatchObject({
      state: 'completed',
      counts: { applied: 7, failed: 0 },
      failures: [],
    });
  },
);

it('pauses, resumes and aborts; an action in a wrong state is refused', async () => {
  await bound(3);
  const { rolloutId } = (await start()).body;
  expect((await act(rolloutId, 'pause')).body).toMatchObject({ state: 'paused', reason: 'operator' });
  await work(rolloutId);
  expect(service.vapi.count('PATCH')).toBe(0);
  expect((await act(rolloutId, 'pause')).body).toMatchObject({
    code: 'ROLLOUT_STATE',
    detail: 'The rollout is paused: pause is not possible now. Possible: resume, abort, rollback.',
  });
  await act(rolloutId, 'resume');
  expect((await act(rolloutId, 'abort')).body.state).toBe('aborted');
  expect((await act(rolloutId, 'resume')).body.detail).toMatch(/resume is not possible now\. Possible: rollback\.$/);
  await service.announce();
  for (const event of service.bus.events) expect(eventErrors(event)).toEqual([]);
  const told = JSON.stringify(service.bus.events.filter((event) => JSON.stringify(event).includes(rolloutId)));
  expect([...told.matchAll(/Rollout \w+/g)].map(([type]) => type)).toEqual([
    'Rollout Started',
    'Rollout Paused',
    'Rollout Resumed',
    'Rollout Aborted',
  ]);
  await work(rolloutId);
  expect(service.vapi.count('PATCH')).toBe(0);
  expect((await act('none', 'pause')).status).toBe(404);
});

it('an alarm that it names stops it, and no other; what stands still is sent again', async () => {
  await bound(2);
  const { rolloutId } = (await start({ alarms: ['faults'] })).body;
  const alarm = (alarmName: string, value: string) =>
    service.invoke('rollouts', {
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm State Change',
      detail: { alarmName, state: { value } },
    });
  await alarm('other', 'ALARM');
  await alarm('faults', 'OK');
  expect(await show(rolloutId)).toMatchObject({ state: 'running' });
  const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + 61_000 } });
  service.clearCounts();
  await later.invoke('rollouts', { source: 'aws.events', 'detail-type': 'Scheduled Event' });
  expect(service.sent.map(({ task }) => task)).toContainEqual({ kind: 'rollout', rolloutId });
  await alarm('faults', 'ALARM');
  expect(await show(rolloutId)).toMatchObject({ state: 'paused', reason: 'alarm' });
});

it('a throttled target is tried again, and no failure', async () => {
  await bound(1);
  service.vapi.inject({
    on: { method: 'PATCH' },
    behaviour: { kind: 'rate-limit', retryAfter: 600 },
  });
  const { rolloutId } = (await start()).body;
  await work(rolloutId);
  expect(await show(rolloutId)).toMatchObject({ state: 'running', counts: { outdated: 1, failed: 0 } });
  service.vapi.clearFaults();
  await work(rolloutId);
  expect(service.vapi.count('PATCH')).toBe(1);
  const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + 600_000 } });
  await later.work([{ kind: 'rollout', rolloutId }]);
  expect(await show(rolloutId)).toMatchObject({ state: 'completed', counts: { applied: 1 } });
});

it.each(['resume', 'rollback'])('the time that it was paused for is none of a target: %s', async (action) => {
  await bound(1);
  const throttle = (method: string) =>
    service.vapi.inject({ on: { method }, behaviour: { kind: 'rate-limit', retryAfter: 600 } });
  const workAfter = async (ms: number) => {
    const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + ms } });
    await later.work([{ kind: 'rollout', rolloutId }]);
  };
  // Its reply is lost: a rollback has to look at it.
  service.vapi.inject({ on: { method: 'PATCH' }, behaviour: { kind: 'error-after', status: 503 } });
  throttle('PATCH');
  const { rolloutId } = (await start()).body;
  await work(rolloutId);
  expect(await show(rolloutId)).toMatchObject({ state: 'running', counts: { outdated: 1 } });
  service.vapi.clearFaults();
  await act(rolloutId, 'pause');
  const week = 7 * 86_400_000;
  const operator = service.anotherEnvironment({ runtime: { now: () => Date.now() + week } });
  const path = `/rollouts/{rolloutId}/${action}`;
  const event = {
    routeKey: `POST ${path}`,
    requestContext: { http: { method: 'POST' } },
    pathParameters: { rolloutId },
  };
  await operator.invoke('rollouts', event);
  throttle('GET');
  await workAfter(week + 1_000);
  expect(await show(rolloutId)).toMatchObject({ counts: { outdated: 1, failed: 0 } });
  service.vapi.clearFaults();
  await workAfter(week + 700_000);
  expect(await show(rolloutId)).toMatchObject({ state: action === 'resume' ? 'completed' : 'rolled-back' });
});

it('an account that is throttled, or whose key is refused, holds up nobody else', async () => {
  const orgs = await bound(30);
  const [throttled, refused] = [orgs[0] ?? '', orgs[1] ?? ''];
  service.secrets.put(service.secretName(throttled), { apiKey: ACME_KEY });
  service.secrets.put(service.secretName(refused), { apiKey: 'local-no-such-key' });
  await service.put(throttled, 'inbound', { template: templateId, version: 1 });
  const { rolloutId } = (await start({ waves: { first: '100%', bakeSeconds: 0 }, failureTolerance: 1 })).body;
  service.vapi.inject({ on: { key: ACME_KEY }, behaviour: { kind: 'rate-limit', retryAfter: 300 } });
  const elsewhere = service.anotherEnvironment({ runtime: WITHOUT_PAUSES });
  await elsewhere.work([{ kind: 'rollout', rolloutId }]);
  expect(await show(rolloutId)).toMatchObject({
    state: 'running',
    counts: { applied: 28, outdated: 1, failed: 1 },
    failures: [{ code: 'VAPI_UNAUTHORIZED', count: 1, examples: [`${refused}/inbound`] }],
  });
  service.vapi.clearFaults();
  const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + 400_000 } });
  await later.work([{ kind: 'rollout', rolloutId }]);
  expect(await show(rolloutId)).toMatchObject({ state: 'completed', counts: { applied: 29, failed: 1 } });
});

it('more failures than are tolerated stop it at once, and not at the end of a unit', async () => {
  await bound(20);
  service.vapi.inject({ on: { method: 'PATCH' }, times: 1, behaviour: { kind: 'error-before', status: 400 } });
  const { rolloutId } = (await start({ waves: { first: '100%', bakeSeconds: 0 }, maxConcurrent: 2 })).body;
  await work(rolloutId);
  expect(await show(rolloutId)).toMatchObject({ state: 'paused', reason: 'tolerance', counts: { failed: 1 } });
  expect(service.vapi.count('PATCH')).toBeLessThanOrEqual(3);
});

it('what cannot be taken back is told: the rollout has failed', async () => {
  await bound(2);
  const { rolloutId } = (await start()).body;
  await work(rolloutId);
  service.vapi.inject({ on: { method: 'PATCH' }, times: 1, behaviour: { kind: 'error-before', status: 400 } });
  await act(rolloutId, 'rollback');
  await work(rolloutId);
  expect(await show(rolloutId)).toMatchObject({
    state: 'failed',
    counts: { failed: 1, 'rolled-back': 1 },
    failures: [{ code: 'VAPI_REJECTED' }],
  });
});

/** How often its task is sent again by the schedule, so many seconds later. */
async function resentAfter(rolloutId: string, seconds: number): Promise<number> {
  const later = service.anotherEnvironment({ runtime: { now: () => Date.now() + seconds * 1000 } });
  service.clearCounts();
  await later.invoke('rollouts', { source: 'aws.events', 'detail-type': 'Scheduled Event' });
  return service.sent.filter(({ task }) => JSON.stringify(task).includes(rolloutId)).length;
}

it('while it bakes nothing is sent again; when that is over and nobody came, it is', async () => {
  await bound(2);
  const { rolloutId } = (await start({ waves: { bakeSeconds: 3_600 } })).body;
  await work(rolloutId);
  expect(await show(rolloutId)).toMatchObject({ state: 'baking', wave: 1 });
  const resent = [];
  for (const seconds of [120, 3_600, 3_700]) resent.push(await resentAfter(rolloutId, seconds));
  expect(resent).toEqual([0, 0, 1]);
});

it('while a worker has its targets in hand nothing is sent again, however long they take', async () => {
  await bound(2);
  const { rolloutId } = (await start()).body;
  const { targets } = service.app.rollouts;
  const unit = await targets.read(rolloutId, 0);
  if (!unit) throw new Error('there are no targets');
  const heldUntil = new Date(Date.now() + 100_000).toISOString();
  await targets.write(unit, {
    targets: unit.targets.map((one) => ({ ...one, state: 'applying' as const })),
    heldUntil,
  });
  expect([await resentAfter(rolloutId, 90), await resentAfter(rolloutId, 110)]).toEqual([0, 1]);
});

it('the look at a wave reads the targets of that wave, however many came before it', async () => {
  await bound(12);
  const { rolloutId, waves } = (await start({ waves: { first: 1, growth: 'linear', bakeSeconds: 0 } })).body;
  expect(waves).toHaveLength(12);
  service.clearCounts();
  await work(rolloutId);
  expect(await show(rolloutId)).toMatchObject({ state: 'completed', counts: { applied: 12 } });
  const reads = service.awsRequests.filter(
    ({ operation, input }) => operation === 'GetItem' && JSON.stringify(input).includes('UNIT#'),
  );
  // To work on them and to look at them, each time with the one behind.
  expect(reads.length).toBeLessThanOrEqual(4 * 12);
}, 60_000);

it('a list of rollouts that are over reads none of their targets', async () => {
  await bound(3);
  const { rolloutId } = (await start()).body;
  await work(rolloutId);
  service.clearCounts();
  const { items }: { items: { rolloutId: string; state: string }[] } = (await invoke('GET', '/rollouts', {})).body;
  expect(items).toContainEqual(expect.objectContaining({ rolloutId, counts: expect.objectContaining({ applied: 3 }) }));
  const open = items.filter(({ state }) => !['completed', 'rolled-back', 'failed'].includes(state));
  expect(service.tableOperations).toHaveLength(1 + open.length);
});

it('a dry run shows waves and differences, and writes nothing', async () => {
  const orgs = await bound(3);
  service.clearCounts();
  const { status, body } = await invoke(
    'POST',
    '/rollouts',
    {},
    { template: templateId, version: 2, dryRun: true },
    { limit: '2' },
  );
  expect({ status, body }).toMatchObject({ status: 200, body: { dryRun: true, targets: 3, waves: [1, 2], next: '2' } });
  expect(body.items).toMatchObject([
    { orgId: orgs[0], wave: 1, plan: 'update', changes: [{ path: '/firstMessage' }] },
    { wave: 2 },
  ]);
  expect(service.tableOperations.filter((name) => /Put|Update|Delete/.test(name))).toEqual([]);
  expect((await invoke('POST', '/rollouts', {}, { template: templateId, version: 9 })).body.code).toBe(
    'TEMPLATE_UNKNOWN',
  );
  expect((await invoke('POST', '/rollouts', {}, { template: 7, growth: 1 })).status).toBe(400);
});
