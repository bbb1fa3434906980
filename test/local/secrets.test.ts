import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { type SecretsStandIn, startSecrets } from '../../local/secrets/server.ts';

let secrets: SecretsStandIn;
let client: SecretsManagerClient;

beforeAll(async () => {
  secrets = await startSecrets();
  client = new SecretsManagerClient({
    endpoint: secrets.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});
afterEach(() => secrets.clear());
afterAll(async () => {
  client.destroy();
  await secrets.close();
});

const create = (Name: string, SecretString = 'v1') => client.send(new CreateSecretCommand({ Name, SecretString }));
const get = (SecretId: string) => client.send(new GetSecretValueCommand({ SecretId }));
const put = (SecretId: string, SecretString: string) =>
  client.send(new PutSecretValueCommand({ SecretId, SecretString }));

it('a value comes back, by name and by ARN', async () => {
  const { ARN = '' } = await create('app/orgs/acme', '{"apiKey":"k"}');
  const expected = { Name: 'app/orgs/acme', ARN, SecretString: '{"apiKey":"k"}', VersionStages: ['AWSCURRENT'] };
  expect(await get('app/orgs/acme')).toMatchObject(expected);
  const found = await get(ARN);
  expect(found).toMatchObject(expected);
  expect(Math.abs(Date.now() - (found.CreatedDate?.getTime() ?? 0))).toBeLessThan(5_000);
});

it('a new value takes over, the one before stays as AWSPREVIOUS', async () => {
  const { VersionId } = await create('s');
  await put('s', 'v2');
  expect((await get('s')).SecretString).toBe('v2');
  const byStage = new GetSecretValueCommand({ SecretId: 's', VersionStage: 'AWSPREVIOUS' });
  expect(await client.send(byStage)).toMatchObject({ SecretString: 'v1', VersionId });
  expect((await client.send(new GetSecretValueCommand({ SecretId: 's', VersionId }))).SecretString).toBe('v1');
});

it('the same token does not store twice', async () => {
  await create('s');
  const ClientRequestToken = crypto.randomUUID();
  await client.send(new PutSecretValueCommand({ SecretId: 's', SecretString: 'v2', ClientRequestToken }));
  await put('s', 'v3');
  await client.send(new PutSecretValueCommand({ SecretId: 's', SecretString: 'v2', ClientRequestToken }));
  expect((await get('s')).SecretString).toBe('v3');
});

it('binary values come back too', async () => {
  await client.send(new CreateSecretCommand({ Name: 's', SecretBinary: new Uint8Array([1, 2, 3]) }));
  const { SecretBinary, SecretString } = await get('s');
  expect(SecretBinary).toEqual(new Uint8Array([1, 2, 3]));
  expect(SecretString).toBeUndefined();
});

describe('deletion', () => {
  it('with a recovery window keeps the name, and refuses its use as AWS does', async () => {
    await create('s');
    const { DeletionDate } = await client.send(new DeleteSecretCommand({ SecretId: 's', RecoveryWindowInDays: 7 }));
    expect(Math.round(((DeletionDate?.getTime() ?? 0) - Date.now()) / 86_400_000)).toBe(7);
    const marked = {
      name: 'InvalidRequestException',
      message: "You can't perform this operation on the secret because it was marked for deletion.",
    };
    await expect(get('s')).rejects.toMatchObject(marked);
    await expect(put('s', 'v2')).rejects.toMatchObject(marked);
    await expect(create('s')).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: expect.stringContaining('already scheduled for deletion'),
    });
  });

  it('without recovery frees the name at once', async () => {
    await create('s');
    await client.send(new DeleteSecretCommand({ SecretId: 's', ForceDeleteWithoutRecovery: true }));
    await expect(get('s')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await create('s', 'again');
    expect((await get('s')).SecretString).toBe('again');
  });

  it.each([[6], [31]])('does not take a window of %d days', async (RecoveryWindowInDays) => {
    await create('s');
    const error = { name: 'InvalidParameterException' };
    await expect(client.send(new DeleteSecretCommand({ SecretId: 's', RecoveryWindowInDays }))).rejects.toMatchObject(
      error,
    );
    expect((await get('s')).SecretString).toBe('v1');
  });

  it('does not take both', async () => {
    await create('s');
    const both = { SecretId: 's', RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true };
    const error = { name: 'InvalidParameterException' };
    await expect(client.send(new DeleteSecretCommand(both))).rejects.toMatchObject(error);
  });
});

it.each([
  ['reading', () => get('nothing')],
  ['writing', () => put('nothing', 'v')],
  ['deleting', () => client.send(new DeleteSecretCommand({ SecretId: 'nothing' }))],
])('%s what is not there is ResourceNotFoundException', async (_what, act) => {
  await expect(act()).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: "Secrets Manager can't find the specified secret.",
    $metadata: { httpStatusCode: 400 },
  });
});

it('a secret without a value is ResourceNotFoundException, too', async () => {
  await client.send(new CreateSecretCommand({ Name: 's' }));
  await expect(get('s')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: expect.stringContaining('staging label: AWSCURRENT'),
  });
});

it('a name is taken once', async () => {
  await create('s');
  await expect(create('s')).rejects.toMatchObject({ name: 'ResourceExistsException' });
});

describe('faults', () => {
  it.each([
    ['AccessDeniedException', 400],
    ['ThrottlingException', 400],
    ['DecryptionFailure', 400],
    ['InternalServiceError', 500],
  ])('%s', async (kind, httpStatusCode) => {
    await create('s');
    secrets.inject({ secret: 's', kind });
    await expect(get('s')).rejects.toMatchObject({ name: kind, $metadata: { httpStatusCode } });
    expect((await get('s')).SecretString).toBe('v1');
  });

  it('hold for one secret, or for any', async () => {
    await create('a');
    await create('b');
    secrets.inject({ secret: 'a', kind: 'ThrottlingException', times: null });
    expect((await get('b')).SecretString).toBe('v1');
    await expect(get('a')).rejects.toMatchObject({ name: 'ThrottlingException' });
    secrets.clearFaults();
    secrets.inject({ kind: 'ThrottlingException' });
    await expect(get('b')).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect((await get('a')).SecretString).toBe('v1');
  });

  it('lose the connection', async () => {
    secrets.inject({ kind: 'reset' });
    await expect(get('s')).rejects.toThrow('ECONNRESET');
  });

  it('leave a request without an answer until the client gives up', async () => {
    secrets.inject({ secret: 's', kind: 'hang' });
    const controller = new AbortController();
    const pending = client.send(new GetSecretValueCommand({ SecretId: 's' }), { abortSignal: controller.signal });
    const outcome = expect(pending).rejects.toMatchObject({ name: 'AbortError' });
    while (secrets.requests.every(({ secret }) => secret !== 's')) await get('other').catch(() => undefined);
    controller.abort();
    await outcome;
  });

  it('are refused when they make no sense', () => {
    expect(() => secrets.inject({ secret: 's', kind: 'Explosion' })).toThrow('kind');
  });
});

it('requests are recorded by the name of the secret', async () => {
  const { ARN = '' } = await create('s');
  await get(ARN);
  await get('nothing').catch(() => undefined);
  expect(secrets.requests).toMatchObject([
    { operation: 'CreateSecret', secret: 's', outcome: 'ok' },
    { operation: 'GetSecretValue', secret: 's', outcome: 'ok' },
    { operation: 'GetSecretValue', secret: 'nothing', outcome: 'ResourceNotFoundException' },
  ]);
});

it('a test sets and removes secrets without the protocol', async () => {
  secrets.put('s', { apiKey: 'k' });
  expect((await get('s')).SecretString).toBe('{"apiKey":"k"}');
  await client.send(new DeleteSecretCommand({ SecretId: 's' }));
  secrets.put('s', 'plain');
  expect((await get('s')).SecretString).toBe('plain');
  expect(secrets.get('s')).toBe('plain');
  secrets.remove('s');
  expect(secrets.names()).toEqual([]);
});
