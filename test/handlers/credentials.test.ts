import { randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { call } from '../local/vapi-caller.ts';
import { configuration } from '../support/configurations.ts';
import { ACME_KEY, PLATFORM_KEY, type TestService } from '../support/service.ts';
import { assistantsOf, calls, keysSeen } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;

useService((given) => {
  ({ service, org } = given);
});

const fail = (kind: string) => service.secrets.inject({ secret: service.secretName(org), kind, times: null });

describe('an organisation secret that is there but cannot be used stops, and no key at all reaches Vapi', () => {
  it.each<[string, () => void, boolean]>([
    ['access denied', () => fail('AccessDeniedException'), false],
    ['throttled', () => fail('ThrottlingException'), true],
    ['cannot be decrypted', () => fail('DecryptionFailure'), false],
    ['Secrets Manager is broken', () => fail('InternalServiceError'), true],
    ['Secrets Manager hangs', () => fail('hang'), true],
    ['connection reset', () => fail('reset'), true],
    ['not JSON', () => service.secrets.put(service.secretName(org), 'vk-raw-key'), false],
    ['another form', () => service.secrets.put(service.secretName(org), { key: 'x' }), false],
    ['a key that is no text', () => service.secrets.put(service.secretName(org), { apiKey: 7 }), false],
    ['an empty key', () => service.secrets.put(service.secretName(org), { apiKey: '' }), false],
    ['a key of blanks', () => service.secrets.put(service.secretName(org), { apiKey: ' \n\t' }), false],
    [
      'a key that no header can carry',
      () => service.secrets.put(service.secretName(org), { apiKey: 'schlüssel' }),
      false,
    ],
  ])('%s', async (name, arrange, retryable) => {
    arrange();
    const waiting = name === 'Secrets Manager hangs' ? { secretsTimeoutMs: 1_000 } : {};
    const reply = await service.anotherEnvironment(waiting).put(org, 'inbound', configuration());
    expect(reply).toMatchObject({ status: 500, body: { code: 'CREDENTIALS_INVALID', retryable } });
    expect(reply.body.detail).toContain(`orgs/${org}`);
    expect(reply.headers).toEqual(
      retryable ? expect.objectContaining({ 'Retry-After': '2' }) : expect.not.objectContaining({ 'Retry-After': '2' }),
    );
    expect(keysSeen(service.vapi)).toEqual([]);
    expect(service.secrets.requests.map(({ secret }) => secret)).not.toContain('vapi-sync/local/platform');
    expect((await service.get(org)).body.assistants).toEqual([]);
  });

  it('also for an organisation that was served with the platform key before', async () => {
    await service.put(org, 'inbound', configuration());
    service.clearCounts();
    fail('AccessDeniedException');
    const reply = await service.anotherEnvironment().put(org, 'inbound', configuration());
    expect(reply.body.code).toBe('CREDENTIALS_INVALID');
    expect(calls(service.vapi)).toEqual([]);
  });

  it('also when the secret is scheduled for deletion', async () => {
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    service.secrets.markForDeletion(service.secretName(org));
    const reply = await service.anotherEnvironment().put(org, 'inbound', configuration());
    expect(reply).toMatchObject({ status: 500, body: { code: 'CREDENTIALS_INVALID' } });
    expect(keysSeen(service.vapi)).toEqual([]);
  });
});

describe('the levels', () => {
  it('1: the organisation’s own secret, its key cleaned of what copy and paste leaves', async () => {
    service.secrets.put(service.secretName(org), { apiKey: `\ufeff ${ACME_KEY}\r\n` });
    expect((await service.put(org, 'inbound', configuration())).body.credentials).toEqual({ source: 'org-secret' });
    expect(keysSeen(service.vapi)).toEqual([ACME_KEY]);
  });

  it('2: the assistant of the organisation record, with the platform key', async () => {
    const seeded = service.vapi.seedAssistant(LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '', { name: 'old' });
    const { PutItemCommand } = await import('@aws-sdk/client-dynamodb');
    const Item = { pk: { S: `ORG#${org}` }, sk: { S: 'PROFILE' }, vapiAssistantId: { S: String(seeded.id) } };
    await service.dynamo.send(new PutItemCommand({ TableName: service.environment.TABLE_NAME, Item }));
    const reply = await service.put(org, 'inbound', configuration());
    expect(reply.body).toMatchObject({
      assistantId: seeded.id,
      outcome: 'adopted',
      credentials: { source: 'org-record' },
    });
    expect(keysSeen(service.vapi)).toEqual([PLATFORM_KEY]);
  });

  it('3: the platform key alone, with a warning that the level above was absent', async () => {
    service.output.clear();
    expect((await service.put(org, 'inbound', configuration())).body.credentials).toEqual({ source: 'platform' });
    const warning = service.output.lines().find(({ code }) => code === 'CREDENTIALS_FELL_THROUGH');
    expect(warning).toMatchObject({ level: 'WARN', orgId: org });
  });

  it('the platform key from the settings when there is no platform secret', async () => {
    service.secrets.remove('vapi-sync/local/platform');
    const without = await service.anotherEnvironment().put(org, 'inbound', configuration());
    const settings = { VAPI_PRIVATE_KEY: ` ${PLATFORM_KEY}\n` };
    const withKey = await service.anotherEnvironment({ settings }).put(org, 'inbound', configuration());
    service.secrets.put('vapi-sync/local/platform', { apiKey: PLATFORM_KEY });
    expect(without).toMatchObject({ status: 500, body: { code: 'CREDENTIALS_MISSING', retryable: false } });
    expect(withKey.status).toBe(201);
  });
});

describe('key rotation', () => {
  it('a 401 drops the remembered key and tries once more with the new one', async () => {
    service.secrets.put(service.secretName(org), { apiKey: 'local-rotated-out' });
    service.vapi.configure({ accounts: { ...LOCAL_ACCOUNTS, 'local-rotated-out': LOCAL_ACCOUNTS[ACME_KEY] ?? '' } });
    await service.put(org, 'inbound', configuration());
    service.vapi.configure({ accounts: LOCAL_ACCOUNTS });
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    const reply = await service.put(org, 'inbound', configuration());
    expect(reply).toMatchObject({ status: 200, body: { outcome: 'unchanged' } });
  });

  describe('when the only assistant of the account was deleted by hand', () => {
    const account = () => `account-of-${org}`;
    /** An account of its own with an old key and a new one. */
    async function rotateAndDelete(): Promise<void> {
      const both = { 'old-own-key': account(), 'new-own-key': account() };
      service.vapi.configure({ accounts: { ...LOCAL_ACCOUNTS, ...both } });
      service.secrets.put(service.secretName(org), { apiKey: 'old-own-key' });
      const { body } = await service.put(org, 'inbound', configuration());
      await call(service.vapi, `DELETE /assistant/${body.assistantId}`, { key: 'old-own-key' });
      service.secrets.put(service.secretName(org), { apiKey: 'new-own-key' });
    }
    const putAnew = () => service.anotherEnvironment().put(org, 'inbound', configuration());
    afterEach(() => service.vapi.configure({ accounts: LOCAL_ACCOUNTS }));

    it.each([
      ['tool', { type: 'function', function: { name: 'book' } }],
      ['phone-number', { provider: 'vapi' }],
    ] as const)('a %s tells whose account the new key opens', async (resource, body) => {
      await rotateAndDelete();
      expect(await putAnew()).toMatchObject({ status: 500, body: { code: 'CREDENTIALS_INVALID' } });
      service.vapi.seed({ account: account(), resource, id: randomUUID(), body });
      expect(await putAnew()).toMatchObject({ status: 201, body: { outcome: 'recreated' } });
    });
  });

  it('a key that stays refused is said to be, after exactly two tries, and nothing is left behind', async () => {
    service.secrets.put(service.secretName(org), { apiKey: 'wrong-key' });
    const reply = await service.put(org, 'inbound', configuration());
    expect(reply).toMatchObject({ status: 502, body: { code: 'VAPI_UNAUTHORIZED', retryable: false } });
    expect(JSON.stringify(reply)).not.toContain('wrong-key');
    expect(calls(service.vapi)).toEqual(['POST /assistant', 'POST /assistant']);
    expect((await service.get(org)).body.assistants).toEqual([]);
    expect(assistantsOf(service.vapi, org)).toEqual([]);
  });
});

it('secrets are read once for many syncs', async () => {
  service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
  for (let round = 0; round < 4; round += 1) await service.put(org, 'inbound', configuration());
  expect(service.secrets.requests).toHaveLength(1);
});

it('one tenant’s request reads and uses only its own', async () => {
  const other = `${org}-other`;
  service.secrets.put(service.secretName(other), { apiKey: ACME_KEY });
  await service.put(org, 'inbound', configuration());
  expect(service.secrets.requests.map(({ secret }) => secret)).not.toContain(service.secretName(other));
  expect(keysSeen(service.vapi)).toEqual([PLATFORM_KEY]);
});

describe('calls of one environment that need one secret at the same time', () => {
  it('share one request: verification runs twenty operations side by side', async () => {
    const { secrets } = service.anotherEnvironment().app.sync.credentials;
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    const name = { kind: 'org', orgId: org } as const;
    const answers = await Promise.all(Array.from({ length: 20 }, () => secrets.read(name)));
    expect(service.secrets.requests).toHaveLength(1);
    expect(new Set(answers.map(({ cached }) => cached))).toEqual(new Set([false]));
  });

  it('do not share one that began before the secret was to be forgotten, nor is its answer remembered', async () => {
    const { secrets } = service.anotherEnvironment().app.sync.credentials;
    const name = { kind: 'org', orgId: org } as const;
    const before = secrets.read(name);
    secrets.forget(name);
    const after = secrets.read(name);
    expect((await before).cached || (await after).cached).toBe(false);
    expect(service.secrets.requests).toHaveLength(2);
  });

  it('all fail when it fails, and the next one asks again', async () => {
    const { secrets } = service.anotherEnvironment().app.sync.credentials;
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    service.secrets.inject({ secret: service.secretName(org), kind: 'AccessDeniedException', times: 1 });
    const name = { kind: 'org', orgId: org } as const;
    const failed = await Promise.allSettled([secrets.read(name), secrets.read(name)]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await secrets.read(name)).toMatchObject({ kind: 'found', cached: false });
  });
});
