import { randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNTS } from '../../../local/vapi/stand-in.ts';
import { verificationReportSchema } from '../../../src/domain/verification/report.ts';
import { OWN_KEY_ORGANISATION, type VerificationRun } from '../../../src/domain/verification/run.ts';
import { throwAwayTool, throwAwayToolHashes } from '../../../src/domain/verification/throw-away-tool.ts';
import { verificationDependencies } from '../../../src/handlers/verify.ts';
import { configuration } from '../../support/configurations.ts';
import { ACME_KEY, PLATFORM_KEY, type TestService } from '../../support/service.ts';
import { everyAssistant } from '../../support/upstream.ts';
import { useService } from '../../support/use-service.ts';
import { traces } from './traces.ts';
import { failuresOf, verify } from './verifying.ts';

const EVENT = {
  version: '2.0',
  routeKey: 'POST /verify',
  requestContext: { http: { method: 'POST' } },
  headers: { 'x-operation-id': 'op-1' },
};

let service: TestService;
/** As the suite itself calls the service. */
const verifying = () => service.anotherEnvironment({ isVerification: true });

useService((given) => {
  service = given.service;
});
beforeEach(() => {
  service.vapi.configure({ latencyMs: 0 });
  service.secrets.put(service.secretName(OWN_KEY_ORGANISATION), { apiKey: ACME_KEY });
  service.clearCounts();
});
afterEach(async () => expect(await traces(service)).toEqual([]));

describe('a service and a Vapi that are as they should be', () => {
  it('pass all five, over the route, with the report as the schema says', async () => {
    const { status, headers, body } = await service.anotherEnvironment().invoke('verify', EVENT);
    expect(status).toBe(200);
    expect(headers['X-Operation-Id']).toBe('op-1');
    expect(verificationReportSchema.parse(body)).toEqual(body);
    expect(body).toMatchObject({ operationId: 'op-1', passed: 5, failed: 0, total: 5, passRate: 100 });
    expect(body.cleanup).toEqual({ earlierRunsRemoved: [], left: [] });
  });

  it('pass against an upstream of 300 ms latency in the time that API Gateway gives', async () => {
    service.vapi.configure({ latencyMs: 300 });
    const deps = verificationDependencies(service.anotherEnvironment().app);
    const report = await verify(deps, { remainingMs: 29_000 });
    expect(report.results.map(({ message, status }) => [status, message])).toEqual(
      report.results.map(({ message }) => ['PASS', message]),
    );
  }, 40_000);

  it('each operation has an id of its run, so that one search in the log finds them all', async () => {
    service.output.clear();
    const { runId } = await verify(verificationDependencies(service.anotherEnvironment().app), { only: 'idempotency' });
    const ids = new Set(
      service.output.lines().flatMap(({ code, operationId }) => (code === 'OPERATION_STARTED' ? [operationId] : [])),
    );
    expect(ids.size).toBeGreaterThan(10);
    for (const id of ids) expect(id).toMatch(new RegExp(`^verify-${runId}:[a-z0-9-]+:\\d+$`));
  });

  it('count their provoked refusals apart from those of real traffic', async () => {
    service.output.clear();
    await verify(verificationDependencies(service.anotherEnvironment().app), { only: 'logging-and-errors' });
    const problems = service.output.lines().filter((line) => 'problem' in line && '_aws' in line);
    expect(problems.length).toBeGreaterThan(0);
    for (const line of problems) expect(JSON.stringify(line._aws)).toContain('"Namespace":"VapiSyncVerification"');
  });
});

describe('an own key', () => {
  it('that is not configured is reported as that, not as passed', async () => {
    service.secrets.remove(service.secretName(OWN_KEY_ORGANISATION));
    const report = await verify(verificationDependencies(service.anotherEnvironment().app), {
      only: 'credential-fallback',
    });
    const result = report.results.find(({ name }) => name === 'credential-fallback');
    expect(result).toMatchObject({ status: 'PASS', details: { ownKey: expect.stringContaining('not configured') } });
    expect(result?.message).toContain('not configured and was not tried');
    expect(service.vapi.requests.map(({ key }) => key)).not.toContain(ACME_KEY);
  });

  it('is tried in its own account, on an organisation that is made for the run', async () => {
    const report = await verify(verificationDependencies(service.anotherEnvironment().app), {
      only: 'credential-fallback',
    });
    expect(failuresOf(report)).toEqual([]);
    const made = service.vapi.requests.filter(({ method, key }) => method === 'POST' && key === ACME_KEY);
    expect(made.map(({ body }) => body)).toEqual([
      expect.objectContaining({ metadata: expect.objectContaining({ orgId: `verify-${report.runId}-own-key` }) }),
    ]);
  });
});

describe('what cannot be removed', () => {
  const PINNED = { message: 'The assistant is pinned', error: 'assistant_pinned', statusCode: 409 };
  const later = (ms: number) => ({ runtime: { now: () => Date.now() + ms } });

  it('fails the run, is named, and is removed by a later run', async () => {
    service.vapi.inject({
      on: { method: 'DELETE' },
      times: null,
      behaviour: { kind: 'error-before', status: 409, body: PINNED },
    });
    const report = await verify(verificationDependencies(service.anotherEnvironment().app), {
      only: 'credential-fallback',
    });
    expect(report).toMatchObject({ passed: 0, failed: 1 });
    expect(report.cleanup.left.join()).toContain('is pinned');
    expect(await traces(service)).not.toEqual([]);

    service.vapi.clearFaults();
    const soon = await verify(verificationDependencies(service.anotherEnvironment().app), {
      only: 'credential-fallback',
    });
    expect(failuresOf(soon)).toEqual([]);
    expect(soon.cleanup).toEqual({ earlierRunsRemoved: [], left: [] });

    const next = await verify(verificationDependencies(service.anotherEnvironment(later(600_000)).app), {
      only: 'credential-fallback',
    });
    expect(next.cleanup).toEqual({ earlierRunsRemoved: [report.runId], left: [] });
  });

  it('also when Vapi hangs: the run ends in time and says that it is not known what was made', async () => {
    const upstreamTiming = { longestAttemptMs: 200, firstPauseMs: 1 };
    const runtime = { sleep: async () => {} };
    service.vapi.inject({ on: { method: 'POST' }, times: null, behaviour: { kind: 'hang-after' } });
    service.vapi.configure({ listLagMs: 3_600_000 });
    const report = await verify(verificationDependencies(service.anotherEnvironment({ upstreamTiming, runtime }).app), {
      only: 'credential-fallback',
    });
    expect(report.failed).toBe(1);
    expect(report.cleanup.left.join()).toContain('may still turn up');

    service.vapi.clearFaults();
    service.vapi.configure({ listLagMs: 0 });
    const next = await verify(verificationDependencies(service.anotherEnvironment(later(600_000)).app), {
      only: 'credential-fallback',
    });
    expect(next.cleanup).toEqual({ earlierRunsRemoved: [report.runId], left: [] });
  });

  it('a run without time starts nothing that it could not remove', async () => {
    const report = await verify(verificationDependencies(service.anotherEnvironment().app), {
      remainingMs: 1_000,
      only: 'credential-fallback',
    });
    expect(report.failed).toBe(1);
    expect(service.vapi.count('POST')).toBe(0);
    const next = await verify(verificationDependencies(service.anotherEnvironment(later(600_000)).app), {
      only: 'credential-fallback',
    });
    expect(next.cleanup.earlierRunsRemoved).toEqual([report.runId]);
  });
});

describe('runs beside and after each other', () => {
  const past = (ms: number) => new Date(Date.now() - ms).toISOString();
  const openRun = async (endsBefore: string): Promise<VerificationRun> => {
    const runId = randomUUID().replaceAll('-', '').slice(0, 12);
    const organisations = ['twice', 'own-key'].map((purpose) => `verify-${runId}-${purpose}`);
    const run = {
      runId,
      organisations,
      toolHashes: throwAwayToolHashes({ runId }),
      startedAt: past(60_000),
      endsBefore,
    };
    await service.app.verificationRuns.open(run);
    return run;
  };

  it('two at once pass, and none removes what belongs to the other', async () => {
    const environments = [service.anotherEnvironment(), service.anotherEnvironment()];
    const reports = await Promise.all(environments.map(({ app }) => verify(verificationDependencies(app))));
    expect(reports.flatMap(failuresOf)).toEqual([]);
    expect(new Set(reports.map(({ runId }) => runId)).size).toBe(2);
  });

  it('what a run has left that died is removed by the next one: mapped, unmapped, and in the account of an own key', async () => {
    const run = await openRun(past(1));
    const [mapped = '', own = ''] = run.organisations;
    await verifying().put(mapped, 'inbound', { ...configuration(), tools: [throwAwayTool(run)] });
    await service.drainQueue();
    const metadata = { managedBy: 'vapi-sync', deployment: 'test', role: 'inbound' };
    for (const [key, orgId] of Object.entries({ [PLATFORM_KEY]: mapped, [ACME_KEY]: own })) {
      service.vapi.seedAssistant(LOCAL_ACCOUNTS[key] ?? '', { name: 'Orphan', metadata: { ...metadata, orgId } });
    }
    expect(await traces(service)).toHaveLength(8);
    const report = await verify(verificationDependencies(service.anotherEnvironment().app), {
      only: 'credential-fallback',
    });
    expect(failuresOf(report)).toEqual([]);
    expect(report.cleanup).toEqual({ earlierRunsRemoved: [run.runId], left: [] });
  });

  it('what a run has made that is still going on is left alone', async () => {
    const run = await openRun(past(-60_000));
    const [org = ''] = run.organisations;
    const { body } = await verifying().put(org, 'inbound', configuration());
    const report = await verify(verificationDependencies(service.anotherEnvironment().app), {
      only: 'credential-fallback',
    });
    expect(report.cleanup).toEqual({ earlierRunsRemoved: [], left: [] });
    expect(everyAssistant(service.vapi).map(({ id }) => id)).toContain(body.assistantId);
    expect((await service.get(org, 'inbound')).body.state).toBe('synced');
    await service.remove(org, 'inbound');
    await service.app.verificationRuns.close(run);
  });

  it('another deployment on the same account keeps its assistants, whatever their organisation is called', async () => {
    const run = await openRun(past(1));
    const metadata = { managedBy: 'vapi-sync', deployment: 'other', orgId: run.organisations[0], role: 'inbound' };
    const { id } = service.vapi.seedAssistant(LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '', { name: 'Theirs', metadata });
    await verify(verificationDependencies(service.anotherEnvironment().app), { only: 'credential-fallback' });
    expect(everyAssistant(service.vapi).map((assistant) => assistant.id)).toContain(id);
    service.vapi.clear();
  });
});

describe('a world in which nothing can be tried fails every scenario and says why', () => {
  const everyMessage = async (settings: Record<string, string>) => {
    const report = await verify(verificationDependencies(service.anotherEnvironment({ settings }).app));
    expect(report).toMatchObject({ passed: 0, failed: 5, total: 5, passRate: 0 });
    return new Set(report.results.map(({ message }) => message));
  };

  it('no platform key', async () => {
    const messages = await everyMessage({ SECRET_PREFIX: 'nothing/here' });
    expect([...messages]).toEqual([expect.stringContaining('Nothing was tried: CREDENTIALS_MISSING')]);
  });

  it('no table: nothing is made at Vapi that nobody would remove', async () => {
    const messages = await everyMessage({ TABLE_NAME: 'no-such-table' });
    expect([...messages]).toEqual(['Nothing was tried: An unexpected ResourceNotFoundException was thrown']);
    expect(service.vapi.count('POST')).toBe(0);
  });
});
