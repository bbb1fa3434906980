import { plantFleet } from '../../../local/fleet/planted-fleet.ts';
import { isJsonObject } from '../../../src/domain/json.ts';
import { driftEvent, readRun, runDrift } from '../../support/drift-runs.ts';
import { type EnvironmentOptions, PLATFORM_KEY, startService, type TestService } from '../../support/service.ts';

const SETTINGS = { DRIFT_PARALLEL_WINDOWS: '3', DRIFT_PAGE_SIZE: '40' };
const options: EnvironmentOptions = {
  settings: SETTINGS,
  upstreamTiming: { longestAttemptMs: 2_000, firstPauseMs: 1 },
};

/** A second or two each on a quiet machine. */
const TIMEOUT_MS = 180_000;

let service: TestService;
let planted: string[];
beforeAll(async () => {
  service = await startService(options);
  const { TABLE_NAME: tableName = '', SECRET_PREFIX: secretPrefix = '' } = service.environment;
  planted = await plantFleet({ ...service, tableName, secretPrefix, deployment: 'test' }, 1_000);
}, TIMEOUT_MS);
afterEach(() => service.vapi.clearFaults());
afterAll(() => service.stop());

const clone = <T>(value: T): T => structuredClone(value);

it(
  'with an upstream that fails now and then, the same is found',
  async () => {
    // None of those that are cut off is a 404: without its body it may be of a proxy, and is waited for.
    const behaviours = [
      { kind: 'error-before', status: 503 },
      { kind: 'reset-before' },
      { kind: 'truncated' },
      { kind: 'rate-limit', retryAfter: 0 },
    ] as const;
    for (let skip = 1; skip < 90; skip += 5) {
      const behaviour = behaviours[skip % behaviours.length];
      service.vapi.inject({ on: { method: 'GET' }, skip, times: 1, behaviour });
    }
    const { run, lines } = await runDrift(service, 'report');
    expect(run.status).toBe('closed');
    expect(lines).toEqual(planted.toSorted());
  },
  TIMEOUT_MS,
);

it(
  'with messages that come twice, and workers that have no time, the same is found',
  async () => {
    const { body } = await service.invoke('drift', driftEvent('POST', { body: { mode: 'report' } }));
    const { runId } = body;
    const tasks: unknown[] = [{ kind: 'drift-plan', runId }];
    for (let unit = 8; unit >= 0; unit -= 1) tasks.push({ kind: 'drift-window', runId, unit });
    // Out of order before there is a plan, then in order, and all of it side by side in several environments.
    await Promise.all([
      service.work(clone(tasks).toReversed()),
      service.anotherEnvironment(options).work(clone(tasks)),
    ]);
    await Promise.all([service.drainQueue(), service.anotherEnvironment(options).drainQueue()]);
    await service.work(clone(tasks));
    const { run, lines } = await readRun(service, runId);
    expect(run.status).toBe('closed');
    expect(lines).toEqual(planted.toSorted());
    const closed = service.output.lines().filter((line) => line.code === 'DRIFT_RUN_CLOSED' && line.runId === runId);
    expect(closed).toHaveLength(1);
  },
  TIMEOUT_MS,
);

it(
  'a second start joins the run that is going on',
  async () => {
    const first = await service.invoke('drift', driftEvent('POST'));
    const second = await service.invoke('drift', driftEvent('POST'));
    expect([first.status, second.status]).toEqual([202, 200]);
    expect(second.body).toEqual({ runId: first.body.runId, started: false });
    await service.drainQueue();
  },
  TIMEOUT_MS,
);

it(
  'a default that Vapi adds to every assistant gives no finding',
  async () => {
    service.vapi.configure({
      defaults: {
        assistant: { fields: { newFeature: 'on' }, within: { model: { temperature: 0.9, reasoning: 'low' } } },
      },
    });
    const { lines } = await runDrift(service, 'report');
    expect(lines).toEqual(planted.toSorted());
  },
  TIMEOUT_MS,
);

it(
  'keys that were all swapped for one of an empty account: nothing is healed, and the report says why',
  async () => {
    service.vapi.configure({
      accounts: { [PLATFORM_KEY]: 'x', 'another-key': '0c0c0c0c-0000-4000-8000-000000000001' },
    });
    const names = service.secrets.names();
    const before = names.map((name) => [name, service.secrets.get(name)] as const);
    for (const name of names) service.secrets.put(name, { apiKey: 'another-key' });
    const swapped = service.anotherEnvironment(options);
    service.clearCounts();
    const { run, findings } = await runDrift(swapped, 'heal');
    expect(new Set(findings.map((finding) => `${finding.class} ${finding.cause}`))).toEqual(
      new Set(['unknown CREDENTIALS_INVALID']),
    );
    expect(findings[0].detail).toContain('Restore a key of that account');
    expect(run.classes.missing).toBe(0);
    expect(service.vapi.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    for (const [name, value] of before) if (isJsonObject(value)) service.secrets.put(name, value);
  },
  TIMEOUT_MS,
);

it('a report holds no key and no long text, and the log no prompt', async () => {
  const { body } = await service.invoke('drift', driftEvent('GET'));
  expect(body.runs.length).toBeGreaterThan(3);
  expect(JSON.stringify(body)).not.toContain('top-secret-prompt');
});

it.each([
  ['a mode that there is not', driftEvent('POST', { body: { mode: 'off' } }), 400],
  ['a field that there is not', driftEvent('POST', { body: { modes: 'heal' } }), 400],
  ['a run that there is not', driftEvent('GET', { id: 'no-such-run' }), 404],
  ['a page of no size', driftEvent('GET', { id: 'x', query: { limit: '0' } }), 400],
  ['another method', driftEvent('PUT'), 400],
])('%s is refused', async (_, event, status) => {
  expect((await service.invoke('drift', event)).status).toBe(status);
});
