import { createHash, createHmac } from 'node:crypto';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { HttpRequest } from '@smithy/core/protocols';
import { SigningHash } from '../../src/adapters/signing-hash.ts';

const DATA = Buffer.from('what is signed');
const KEY = Buffer.from('0123456789abcdef');

async function digestOf(hash: SigningHash): Promise<string> {
  return Buffer.from(await hash.digest()).toString('hex');
}

function hexOf(key?: Buffer): string {
  const hash = key ? createHmac('sha256', key) : createHash('sha256');
  return hash.update(DATA).digest('hex');
}

it.each([
  ['no key', undefined, hexOf()],
  ['a text', KEY.toString(), hexOf(KEY)],
  ['bytes', new Uint8Array(KEY), hexOf(KEY)],
  ['a view that begins later', new DataView(new Uint8Array([9, ...KEY]).buffer, 1), hexOf(KEY)],
  ['a buffer', new Uint8Array(KEY).buffer, hexOf(KEY)],
])('is SHA-256 with %s', async (_what, key, expected) => {
  const hash = new SigningHash(key);
  hash.update(DATA.subarray(0, 5));
  hash.update(DATA.subarray(5));
  expect(await digestOf(hash)).toBe(expected);
});

it('begins anew', async () => {
  const hash = new SigningHash(KEY);
  hash.update(Buffer.from('something else'));
  hash.reset();
  hash.update(DATA);
  expect(await digestOf(hash)).toBe(hexOf(KEY));
});

it('signs as the clients do by themselves', async () => {
  const region = 'eu-central-1';
  const headers = { host: 'dynamodb.eu-central-1.amazonaws.com' };
  const request = new HttpRequest({ method: 'POST', hostname: headers.host, headers, body: '{}' });
  const signedBy = async (more: Pick<DynamoDBClientConfig, 'sha256'>) => {
    const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
    const { config } = new DynamoDBClient({ region, credentials, ...more });
    const scheme = { name: 'sigv4', signingName: 'dynamodb', signingRegion: region, properties: {} } as const;
    const signer = await config.signer(scheme);
    const signed = await signer.sign(request, { signingDate: new Date(0) });
    return signed.headers.authorization;
  };
  const theirs = await signedBy({});
  expect(theirs).toMatch(/^AWS4-HMAC-SHA256 .*Signature=[0-9a-f]{64}$/);
  expect(await signedBy({ sha256: SigningHash })).toBe(theirs);
});
