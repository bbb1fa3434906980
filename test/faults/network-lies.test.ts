import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { configuration, withPrompt } from '../support/configurations.ts';
import { type Environment, startService, type TestService } from '../support/service.ts';
import { assistantsOf } from '../support/upstream.ts';
import { note, printTable } from './report.ts';

let service: TestService;
let skippedMs = 0;
let cases = 0;
let violations = 0;

/** Pauses of the protocol take no time but count; those of retries are short, and so is what a request may take. */
const options = {
  runtime: {
    now: () => Date.now() + skippedMs,
    sleep: async (ms: number) => {
      skippedMs += ms;
    },
  },
  upstreamTiming: { longestAttemptMs: 250, firstPauseMs: 1 },
};

beforeAll(async () => {
  service = await startService(options);
});
beforeEach(() => {
  // The stand-in's clock stays: ours may be ahead of it only as far as one case takes it.
  skippedMs = 0;
});
afterAll(async () => {
  await service.stop();
  note({ scenario: 'lies of the network', runs: cases, violations });
  printTable();
});

const BEHAVIOURS = {
  'error before the effect': { kind: 'error-before', status: 500 },
  'error after the effect': { kind: 'error-after', status: 502 },
  'reset before the effect': { kind: 'reset-before' },
  'reset after the effect': { kind: 'reset-after' },
  'no reply, no effect': { kind: 'hang-before' },
  'no reply after the effect': { kind: 'hang-after' },
  'a reply that cannot be read': { kind: 'truncated' },
  '429 with Retry-After': { kind: 'rate-limit', retryAfter: 1 },
  '429 without': { kind: 'rate-limit' },
  'a page of the CDN, 403': { kind: 'html', status: 403 },
  'a page of the CDN, 404': { kind: 'html', status: 404 },
  'a page of the CDN, 521': { kind: 'html', status: 521 },
  'a slow reply': { kind: 'slow', ms: 60 },
} as const;

type Call = (environment: Environment, org: string) => Promise<{ status: number; body: { code?: string } | undefined }>;

/** What is asked while requests of a verb go wrong, and how the world is before. */
const VERBS: Record<string, { on: object; before?: Call; call: Call; exists: boolean }> = {
  POST: {
    on: { method: 'POST' },
    call: (environment, org) => environment.put(org, 'inbound', configuration()),
    exists: true,
  },
  PATCH: {
    on: { method: 'PATCH' },
    before: (environment, org) => environment.put(org, 'inbound', configuration()),
    call: (environment, org) => environment.put(org, 'inbound', withPrompt('new')),
    exists: true,
  },
  GET: {
    on: { method: 'GET', path: '/assistant/' },
    before: (environment, org) => environment.put(org, 'inbound', configuration()),
    call: (environment, org) => environment.put(org, 'inbound', withPrompt('new')),
    exists: true,
  },
  DELETE: {
    on: { method: 'DELETE' },
    before: (environment, org) => environment.put(org, 'inbound', configuration()),
    call: (environment, org) => environment.remove(org, 'inbound'),
    exists: false,
  },
  LIST: {
    on: { method: 'GET', path: '^/assistant$' },
    before: (environment, org) => {
      service.vapi.inject({ on: { method: 'POST' }, behaviour: { kind: 'error-after', status: 500 } });
      service.vapi.configure({ listLagMs: 5_000 });
      return environment.put(org, 'inbound', configuration());
    },
    call: (environment, org) => environment.put(org, 'inbound', withPrompt('new')),
    exists: true,
  },
};

const CASES = Object.keys(VERBS).flatMap((verb) =>
  Object.keys(BEHAVIOURS).flatMap((lie) => [1, 4].map((times) => ({ verb, lie, times }))),
);

it.each(CASES)('$verb, $times times: $lie', async ({ verb, lie, times }) => {
  const org = `org-${randomUUID().slice(0, 8)}`;
  const { on, before, call, exists } = VERBS[verb] ?? {
    on: {},
    call: () => Promise.reject(new Error('no such verb')),
    exists: true,
  };
  const environment = service.anotherEnvironment();
  await before?.(environment, org);
  const behaviour = BEHAVIOURS[lie as keyof typeof BEHAVIOURS];
  service.vapi.inject({ on, times, behaviour });
  const first = await call(environment, org);
  service.vapi.clearFaults();
  service.vapi.configure({ listLagMs: 0 });

  cases += 1;
  const last = await untilDone(() => call(service.anotherEnvironment(), org));
  const found = assistantsOf(service.vapi, org);
  const status = await environment.get(org, 'inbound');
  const seen = { isDone: last.status < 300, assistants: found.length, mapped: status.body.assistantId };
  const wanted = { isDone: true, assistants: exists ? 1 : 0, mapped: exists ? found[0]?.id : undefined };
  if (!isDeepStrictEqual(seen, wanted)) violations += 1;
  expect([200, 201, 204, 409, 503]).toContain(first.status);
  expect(seen).toEqual(wanted);
});

/** Repeats a call as its answers tell, in an environment whose circuit is closed. */
async function untilDone<T extends { status: number }>(call: () => Promise<T>): Promise<T> {
  let reply = await call();
  for (let round = 0; round < 4 && reply.status >= 500; round += 1) {
    skippedMs += 40_000;
    reply = await call();
  }
  return reply;
}
