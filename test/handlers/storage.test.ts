import type { Reply } from '../support/api-description.ts';
import { configuration } from '../support/configurations.ts';
import { driftEvent } from '../support/drift-runs.ts';
import type { TestService } from '../support/service.ts';
import { useService } from '../support/use-service.ts';

const NOBODY_LISTENS = 'http://127.0.0.1:9';

let service: TestService;

useService((given) => {
  service = given.service;
});

const unavailable = { status: 503, body: { code: 'STORAGE_UNAVAILABLE', retryable: true } };
const retryAfter = ({ headers }: Reply) => Number(headers['Retry-After']);

describe('a table that does not answer', () => {
  it('is no fault of the caller, who is told when to come back', async () => {
    const broken = service.anotherEnvironment({ settings: { AWS_ENDPOINT_URL_DYNAMODB: NOBODY_LISTENS } });
    for (const reply of [
      await broken.put('storage', 'inbound', configuration()),
      await broken.remove('storage', 'inbound'),
      await broken.get('storage'),
      await broken.invoke('drift', driftEvent('GET')),
    ]) {
      expect(reply).toMatchObject(unavailable);
      expect(retryAfter(reply)).toBeGreaterThan(0);
    }
    expect(service.output.lines().some(({ code }) => code === 'STORAGE_FAILED')).toBe(true);
  });
});

it('a queue that does not answer is told the same way to whoever starts a drift run', async () => {
  const broken = service.anotherEnvironment({ settings: { AWS_ENDPOINT_URL_SQS: NOBODY_LISTENS } });
  expect(await broken.invoke('drift', driftEvent('POST'))).toMatchObject(unavailable);
});

it('a refusal of access does not pass by itself, and stays an internal error', async () => {
  const other = service.anotherEnvironment({ settings: { TABLE_NAME: 'no-such-table' } });
  expect(await other.put('storage', 'inbound', configuration())).toMatchObject({
    status: 500,
    body: { code: 'INTERNAL', retryable: false },
  });
});
