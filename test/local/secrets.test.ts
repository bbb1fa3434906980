import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type SecretsStandIn, startSecrets } from '../../local/secrets/server.ts';
import { temporaryDirectory } from './temporary-directory.ts';

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

const get = (SecretId: string) => client.send(new GetSecretValueCommand({ SecretId }));

it('a value comes back', async () => {
  secrets.put('app/orgs/acme', { apiKey: 'k' });
  expect(await get('app/orgs/acme')).toMatchObject({ Name: 'app/orgs/acme', SecretString: '{"apiKey":"k"}' });
});

it('a new value takes over', async () => {
  secrets.put('s', 'v1');
  secrets.put('s', 'v2');
  expect((await get('s')).SecretString).toBe('v2');
});

it('one that waits for its deletion is refused as AWS does it, until it is set again', async () => {
  secrets.put('s', 'v1');
  secrets.markForDeletion('s');
  await expect(get('s')).rejects.toMatchObject({
    name: 'InvalidRequestException',
    message: "You can't perform this operation on the secret because it was marked for deletion.",
  });
  secrets.put('s', 'v2');
  expect((await get('s')).SecretString).toBe('v2');
});

it('what is not there is ResourceNotFoundException', async () => {
  secrets.put('s', 'v1');
  secrets.remove('s');
  await expect(get('s')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: "Secrets Manager can't find the specified secret.",
    $metadata: { httpStatusCode: 400 },
  });
  expect(secrets.names()).toEqual([]);
});

it('what this service never asks for is refused', async () => {
  const command = new PutSecretValueCommand({ SecretId: 's', SecretString: 'v' });
  await expect(client.send(command)).rejects.toMatchObject({ name: 'UnknownOperationException' });
});

it('values of an earlier stand-in are read', async () => {
  const file = join(temporaryDirectory(), 'secrets.json');
  const versions = [
    { id: '1', createdAt: 0, secretString: 'old' },
    { id: '2', createdAt: 0, secretString: 'new' },
  ];
  writeFileSync(file, JSON.stringify({ version: 1, secrets: [{ name: 's', arn: 'a', createdAt: 0, versions }] }));
  const later = await startSecrets({ file });
  expect(later.get('s')).toBe('new');
  await later.close();
});

describe('faults', () => {
  it.each([
    ['AccessDeniedException', 400],
    ['ThrottlingException', 400],
    ['DecryptionFailure', 400],
    ['InternalServiceError', 500],
  ])('%s', async (kind, httpStatusCode) => {
    secrets.put('s', 'v1');
    secrets.inject({ secret: 's', kind });
    await expect(get('s')).rejects.toMatchObject({ name: kind, $metadata: { httpStatusCode } });
    expect((await get('s')).SecretString).toBe('v1');
  });

  it('hold for one secret, or for any', async () => {
    secrets.put('a', 'v1');
    secrets.put('b', 'v1');
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
  secrets.put('s', 'v1');
  await get('s');
  await get('nothing').catch(() => undefined);
  expect(secrets.requests).toMatchObject([
    { operation: 'GetSecretValue', secret: 's', outcome: 'ok' },
    { operation: 'GetSecretValue', secret: 'nothing', outcome: 'ResourceNotFoundException' },
  ]);
});
