import { configuration, withPrompt } from '../support/configurations.ts';
import { ACME_KEY, type TestService } from '../support/service.ts';
import { assistantsOf, calls } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;
let skippedMs: number;

/** Pauses take no time but count: the clock is moved on by them. */
const runtime = {
  now: () => Date.now() + skippedMs,
  sleep: async (ms: number) => {
    skippedMs += ms;
  },
};

useService(
  (given) => {
    ({ service, org } = given);
  },
  { runtime },
);
beforeEach(() => {
  skippedMs = 0;
  service.vapi.configure({ listLagMs: 0 });
});

const onCreate = (behaviour: object) => service.vapi.inject({ on: { method: 'POST', path: '/assistant' }, behaviour });

describe('a create whose reply is lost', () => {
  it.each([
    ['an error after the effect', { kind: 'error-after', status: 500 }],
    ['a gateway timeout after the effect', { kind: 'error-after', status: 504 }],
    ['a connection reset after the effect', { kind: 'reset-after' }],
    ['a reply that cannot be read', { kind: 'truncated' }],
  ])('by %s is found and answered as created, with one POST', async (_name, behaviour) => {
    onCreate(behaviour);
    const reply = await service.anotherEnvironment().put(org, 'inbound', configuration());
    expect(reply).toMatchObject({ status: 201, body: { outcome: 'created' } });
    expect(assistantsOf(service.vapi, org).map(({ id }) => id)).toEqual([reply.body.assistantId]);
    expect(service.vapi.count('POST')).toBe(1);
  });

  it('and that is not listed for a while is left unresolved, then adopted, never made twice', async () => {
    onCreate({ kind: 'error-after', status: 500 });
    service.vapi.configure({ listLagMs: 3_600_000 });
    const environment = service.anotherEnvironment();
    const lost = await environment.put(org, 'inbound', configuration());
    expect(lost).toMatchObject({ status: 503, body: { code: 'CREATE_UNRESOLVED', retryable: true } });
    expect(Number(lost.headers['Retry-After'])).toBeGreaterThan(0);
    const status = await environment.get(org, 'inbound');
    expect(status.body).toMatchObject({ state: 'unresolved', assistantId: null, claim: { operation: 'create' } });
    expect(status.body.claim.next).toContain('adopts');

    const tooSoon = await environment.put(org, 'inbound', configuration());
    expect(tooSoon.body.code).toBe('CREATE_UNRESOLVED');
    service.vapi.configure({ listLagMs: 0 });
    const later = await environment.put(org, 'inbound', configuration());
    expect(later).toMatchObject({ status: 200, body: { outcome: 'adopted' } });
    expect(service.vapi.count('POST')).toBe(1);
    expect((await environment.get(org, 'inbound')).body.state).toBe('synced');
  });

  it('is measured by whoever looks at it, for the alarm on its age', async () => {
    onCreate({ kind: 'error-before', status: 500 });
    await service.put(org, 'inbound', configuration());
    skippedMs += 20_000;
    service.output.clear();
    await service.get(org, 'inbound');
    await service.put(org, 'inbound', configuration());
    const seen = service.output.lines().filter(({ code }) => code === 'UNRESOLVED_CREATE_SEEN');
    expect(seen).toHaveLength(2);
    for (const { ageSeconds } of seen) expect(ageSeconds).toBeGreaterThanOrEqual(20);
  });

  it('is adopted with the configuration asked for meanwhile', async () => {
    onCreate({ kind: 'error-after', status: 500 });
    service.vapi.configure({ listLagMs: 3_600_000 });
    await service.put(org, 'inbound', configuration({ endCallMessage: 'Bye!' }));
    service.vapi.configure({ listLagMs: 0 });
    const reply = await service.put(org, 'inbound', withPrompt('new'));
    expect(reply.body.outcome).toBe('adopted');
    const [assistant] = assistantsOf(service.vapi, org);
    expect(JSON.stringify(assistant)).toContain('new');
    expect(assistant).not.toHaveProperty('endCallMessage');
  });

  it('is deleted by a DELETE that comes first', async () => {
    onCreate({ kind: 'error-after', status: 500 });
    service.vapi.configure({ listLagMs: 3_600_000 });
    await service.put(org, 'inbound', configuration());
    expect(await service.remove(org, 'inbound')).toMatchObject({ status: 503, body: { code: 'CREATE_UNRESOLVED' } });
    service.vapi.configure({ listLagMs: 0 });
    expect((await service.remove(org, 'inbound')).status).toBe(204);
    expect(assistantsOf(service.vapi, org)).toEqual([]);
  });
});

describe('a create that had no effect', () => {
  it('but may have had is tried again only after the settling time', async () => {
    onCreate({ kind: 'error-before', status: 500 });
    const lost = await service.put(org, 'inbound', configuration());
    expect(lost.body.code).toBe('CREATE_UNRESOLVED');
    skippedMs += 29_000;
    expect((await service.put(org, 'inbound', configuration())).body.code).toBe('CREATE_UNRESOLVED');
    expect(service.vapi.count('POST')).toBe(1);
    skippedMs += 2_000;
    expect(await service.put(org, 'inbound', configuration())).toMatchObject({ status: 201 });
    expect(service.vapi.count('POST')).toBe(2);
    expect(assistantsOf(service.vapi, org)).toHaveLength(1);
  });

  it.each([
    ['a rate limit with Retry-After', { kind: 'rate-limit', retryAfter: 7 }, 503, 'VAPI_UNAVAILABLE', '7'],
    ['a rate limit without', { kind: 'rate-limit' }, 503, 'VAPI_UNAVAILABLE', '5'],
    ['a page of the CDN', { kind: 'html', status: 403 }, 503, 'VAPI_UNAVAILABLE', '5'],
  ])(
    'for certain (%s) leaves nothing behind, and the next sync creates',
    async (_name, behaviour, status, code, after) => {
      onCreate(behaviour);
      const reply = await service.put(org, 'inbound', configuration());
      expect(reply).toMatchObject({ status, body: { code, retryable: true }, headers: { 'Retry-After': after } });
      expect((await service.get(org, 'inbound')).status).toBe(404);
      expect(await service.put(org, 'inbound', configuration())).toMatchObject({ status: 201 });
    },
  );
});

describe('Lambda’s limits', () => {
  it('a create is not started with 3 s left', async () => {
    const reply = await service.put(org, 'inbound', configuration(), { remainingMs: 3_000 });
    expect(reply).toMatchObject({ status: 503, body: { code: 'VAPI_UNAVAILABLE', retryable: true } });
    expect(calls(service.vapi)).toEqual([]);
    expect((await service.get(org, 'inbound')).status).toBe(404);
  });

  it('a create whose reply comes after the deadline is resolved by the next call', async () => {
    onCreate({ kind: 'hang-after' });
    // Enough to begin, however busy this machine is; what Vapi then takes is all that is left.
    const remainingMs = () => (service.vapi.count('POST') === 0 ? 6_000 : 1_000);
    const late = await service.put(org, 'inbound', configuration(), { remainingMs });
    expect(late.body.code).toBe('CREATE_UNRESOLVED');
    const next = await service.put(org, 'inbound', configuration());
    expect(next.body.outcome).toBe('adopted');
    expect(assistantsOf(service.vapi, org)).toHaveLength(1);
  });
});

describe('reads and updates are repeated, a create never', () => {
  it.each([
    ['GET', { kind: 'error-before', status: 502 }],
    ['GET', { kind: 'reset-before' }],
    ['GET', { kind: 'truncated' }],
    ['GET', { kind: 'rate-limit' }],
    ['PATCH', { kind: 'error-after', status: 500 }],
    ['PATCH', { kind: 'reset-after' }],
    ['PATCH', { kind: 'rate-limit', retryAfter: 1 }],
  ])('%s with %o succeeds with the second try', async (method, behaviour) => {
    const environment = service.anotherEnvironment();
    await environment.put(org, 'inbound', configuration());
    service.clearCounts();
    service.vapi.inject({ on: { method }, behaviour });
    expect((await environment.put(org, 'inbound', withPrompt('new'))).body.outcome).toBe('updated');
    expect(service.vapi.count(method, /^\/assistant/)).toBe(2);
  });

  it('DELETE whose reply is lost ends as deleted', async () => {
    await service.put(org, 'inbound', configuration());
    service.vapi.inject({ on: { method: 'DELETE' }, behaviour: { kind: 'error-after', status: 500 } });
    expect((await service.remove(org, 'inbound')).status).toBe(204);
    expect(assistantsOf(service.vapi, org)).toEqual([]);
  });
});

describe('the circuit breaker', () => {
  it('opens after five upstream faults in a row, for this account only, and says when to come back', async () => {
    const environment = service.anotherEnvironment();
    await environment.put(org, 'inbound', configuration());
    service.vapi.inject({ on: { method: 'GET' }, times: 5, behaviour: { kind: 'error-before', status: 503 } });
    await environment.put(org, 'inbound', configuration());
    const open = await environment.put(org, 'inbound', configuration());
    expect(open).toMatchObject({ status: 503, body: { code: 'CIRCUIT_OPEN', retryable: true } });
    expect(Number(open.headers['Retry-After'])).toBeGreaterThan(50);
    service.clearCounts();
    await environment.put(org, 'inbound', configuration());
    expect(calls(service.vapi)).toEqual([]);

    service.secrets.put(service.secretName(`${org}-own`), { apiKey: ACME_KEY });
    expect(await environment.put(`${org}-own`, 'inbound', configuration())).toMatchObject({ status: 201 });
    expect((await service.anotherEnvironment().put(org, 'inbound', configuration())).body.outcome).toBe('unchanged');
  });

  it('does not count what Vapi refuses', async () => {
    const environment = service.anotherEnvironment();
    for (let round = 0; round < 6; round += 1) {
      const refused = await environment.put(org, 'inbound', configuration({ firstMessageMode: round }));
      expect(refused.body.code).toBe('VAPI_REJECTED');
    }
    expect(await environment.put(org, 'inbound', configuration())).toMatchObject({ status: 201 });
  });
});
