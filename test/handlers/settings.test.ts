import { inspect } from 'node:util';
import { makeSyncApplication } from '../../src/application.ts';
import { entry } from '../../src/handlers/lambda/entry.ts';
import { makeSyncHandler } from '../../src/handlers/sync.ts';
import { readSettings, SettingsError } from '../../src/settings.ts';
import { configuration } from '../support/configurations.ts';
import { contextOf } from '../support/context.ts';
import { startService, type TestService } from '../support/service.ts';

const COMPLETE = {
  TABLE_NAME: 'table',
  SECRET_PREFIX: 'vapi-sync/dev',
  DEPLOYMENT_ID: 'vapi-sync-dev',
  TASK_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/vapi-sync-dev-tasks',
};

function errorOf(environment: Record<string, string>): Error {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('the settings were accepted');
}

describe('settings', () => {
  it('have the documented defaults', () => {
    expect(readSettings(COMPLETE)).toEqual({
      tableName: 'table',
      eventBusName: 'default',
      changeRetentionDays: 400,
      rolloutStalledMs: 60_000,
      inlineCredentials: false,
      knownOrganisationsOnly: false,
      driftMode: 'report',
      drift: {
        pageSize: 100,
        takesPinsOff: false,
        windowPages: 10,
        parallelWindows: 2,
        batchSize: 25,
        callsPerSecond: 2,
        graceMs: 3_600_000,
        maxRemovals: 25,
        maxFailures: 3,
        ignored: [],
      },
      secretPrefix: 'vapi-sync/dev',
      vapiBaseUrl: 'https://api.vapi.ai',
      platformKey: undefined,
      taskQueueUrl: COMPLETE.TASK_QUEUE_URL,
      deploymentId: 'vapi-sync-dev',
      voicePolicy: 'strict',
      orgClaim: undefined,
    });
  });

  it('that are missing or bad are all named in one error, without their values', () => {
    const { message } = errorOf({ VAPI_BASE_URL: 'ftp://nowhere', VOICE_POLICY: 'lenient', TABLE_NAME: '' });
    for (const name of ['TABLE_NAME', 'SECRET_PREFIX', 'DEPLOYMENT_ID', 'VAPI_BASE_URL', 'VOICE_POLICY']) {
      expect(message).toContain(name);
    }
    expect(message).not.toMatch(/nowhere|lenient/);
  });

  it.each(['https://vapi.invalid/?x=1', 'https://vapi.invalid/#x', 'https://user:word@vapi.invalid'])(
    'have no base URL with parts that no request would carry: %s',
    (VAPI_BASE_URL) => {
      expect(errorOf({ ...COMPLETE, VAPI_BASE_URL }).message).toContain('VAPI_BASE_URL');
      expect(readSettings({ ...COMPLETE, VAPI_BASE_URL: 'https://proxy.invalid/vapi' })).toMatchObject({
        vapiBaseUrl: 'https://proxy.invalid/vapi',
      });
    },
  );

  it('with a platform key that cannot be used are an error that does not repeat it', () => {
    const { message } = errorOf({ ...COMPLETE, VAPI_PRIVATE_KEY: 'schlüssel' });
    expect(message).toContain('VAPI_PRIVATE_KEY');
    expect(message).not.toContain('schl');
  });

  it('do not show the platform key when printed', () => {
    expect(inspect(readSettings({ ...COMPLETE, VAPI_PRIVATE_KEY: 'secret-value' }), { depth: 9 })).not.toContain(
      'secret-value',
    );
  });
});

describe('a function whose settings are wrong', () => {
  let service: TestService;
  const before = { ...process.env };
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(async () => {
    process.env = before;
    await service.stop();
  });

  it('answers with a mute 500, names the settings in the log, and works as soon as they are right', async () => {
    const handler = entry(makeSyncApplication, makeSyncHandler);
    const event = {
      routeKey: 'PUT /orgs/{orgId}/assistants/{role}',
      requestContext: { http: { method: 'PUT' } },
      pathParameters: { orgId: 'late', role: 'inbound' },
      body: JSON.stringify(configuration()),
    };
    const context = contextOf(() => 29_000);
    const broken = await handler(event, context);
    expect(broken).toMatchObject({ statusCode: 500, headers: { 'Content-Type': 'application/problem+json' } });
    expect(broken.body).not.toContain('TABLE_NAME');
    expect(service.output.text()).toContain('TABLE_NAME');

    process.env = { ...before, ...service.environment, DEPLOYMENT_ID: 'test' };
    expect(await handler(event, context)).toMatchObject({ statusCode: 201 });
  });
});
