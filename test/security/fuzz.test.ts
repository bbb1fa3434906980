import fc from 'fast-check';
import { z } from 'zod';
import { PROBLEMS } from '../../src/domain/problem.ts';
import { runs } from '../faults/report.ts';
import { OPERATIONS, type Reply } from '../support/api-description.ts';
import { startService, type TestService } from '../support/service.ts';
import { EVENTS, hostileEvent, hostileMessage } from './hostile-events.ts';

const HANDLERS = ['sync', 'status', 'fleet', 'templates', 'rollouts', 'verify', 'drift'] as const;
type Handler = (typeof HANDLERS)[number];
/** The function of the event’s route, and now and then another one, as nothing says that an event took its route. */
const toHandler = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(...HANDLERS) },
);
const RUNS = runs(1_000);

let service: TestService;
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
beforeAll(async () => {
  service = await startService();
  process.on('unhandledRejection', note);
});
afterAll(async () => {
  process.off('unhandledRejection', note);
  await service.stop();
});

const routed = z.object({ routeKey: z.string() });

/**
 * The function that an event is given to. `POST /verify` for a valid event is a suite of its own, of seconds, with
 * tests of its own; `sync` gets it.
 */
function handlerFor(event: unknown, handler: Handler | undefined): Handler {
  const route = routed.safeParse(event).data?.routeKey ?? '';
  const owner = HANDLERS.find((name) => name === OPERATIONS.get(route)?.tags[0]) ?? 'sync';
  const asked = handler ?? owner;
  return asked === 'verify' && route === 'POST /verify' ? 'sync' : asked;
}

const answers = new Map<string, number>();

const problemSchema = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string().min(1),
  code: z.enum(Object.keys(PROBLEMS)),
  operationId: z.string().min(1),
  retryable: z.boolean(),
  errors: z.array(z.object({ field: z.string(), detail: z.string() })),
});

const WRITES = /^(Put|Update|Delete|BatchWrite|TransactWrite)/;
const writes = () => [
  ...service.tableOperations.filter((operation) => WRITES.test(operation)),
  ...service.vapi.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`),
];

/** Functions that only read. */
const READING: ReadonlySet<string> = new Set(['status', 'fleet', 'verify']);

interface Answered {
  handler: Handler;
  reply: Reply;
  /** Headers and body as text. */
  text: string;
  problem: z.output<typeof problemSchema> | undefined;
}

const isResult = ({ reply: { status } }: Answered) => status >= 200 && status < 300;
const statusOf = (code: string) => new Map<string, { status: number }>(Object.entries(PROBLEMS)).get(code)?.status;

/** What must never be true of an answer, whatever was sent. */
const VIOLATIONS: Readonly<Record<string, (answered: Answered) => boolean>> = {
  'a header breaks its line': ({ reply }) => /[\r\n]/.test(Object.entries(reply.headers).flat().join('')),
  'a stack trace': ({ text }) => /\\n\s+at |node_modules|\.ts:\d+/.test(text),
  'no operation id': ({ reply }) => !/^[A-Za-z0-9._:-]{1,128}$/.test(reply.headers['X-Operation-Id'] ?? ''),
  'the prototype is polluted': () => 'polluted' in {},
  'reading has written': ({ handler }) => READING.has(handler) && writes().length > 0,
  'neither a result nor a problem': (answered) => !isResult(answered) && answered.problem === undefined,
  'a problem of another type': (answered) =>
    !isResult(answered) && answered.reply.headers['Content-Type'] !== 'application/problem+json',
  'a code with another status': ({ problem, reply }) =>
    problem !== undefined && (statusOf(problem.code) !== reply.status || problem.status !== reply.status),
  'nothing that a caller sends may end as INTERNAL': ({ problem }) => problem?.code === 'INTERNAL',
  'an endless text': ({ problem }) => (problem?.detail.length ?? 0) > 100_000,
  'written for an invalid request': ({ reply }) =>
    reply.status >= 400 && reply.status < 500 && reply.status !== 422 && writes().length > 0,
};

function violationsOf(handler: Handler, reply: Reply): string[] {
  const problem = problemSchema.safeParse(reply.body).data;
  const answered = { handler, reply, problem, text: JSON.stringify([reply.headers, reply.body]) };
  return Object.keys(VIOLATIONS).filter((name) => VIOLATIONS[name]?.(answered));
}

it(
  'whatever is sent, the answer is a result or a documented problem, and an invalid request writes nothing',
  async () => {
    const property = fc.asyncProperty(toHandler, hostileEvent, async (handler, event) => {
      service.clearCounts();
      service.output.clear();
      const asked = handlerFor(event, handler);
      const reply = await service.invoke(asked, event);
      const label = `${reply.status} ${reply.body?.code ?? ''}`.trim();
      answers.set(label, (answers.get(label) ?? 0) + 1);
      expect(violationsOf(asked, reply)).toEqual([]);
    });
    // The folder's own events come first: there is something to read, and the answers below are no chance.
    const examples = EVENTS.map((event): [undefined, unknown] => [undefined, event]);
    let violations = 0;
    try {
      await fc.assert(property, { numRuns: RUNS, examples, endOnFailure: false });
    } catch (error) {
      violations += 1;
      throw error;
    } finally {
      print(violations);
    }
    expect(unhandled).toEqual([]);
    const results = [...answers].filter(([label]) => label.startsWith('2')).map(([, count]) => count);
    expect(results.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(EVENTS.length / 2);
    expect(answers.get('400 VALIDATION_FAILED')).toBeGreaterThan(RUNS / 5);
  },
  RUNS * 100,
);

it(
  'whatever is in the queue, a message is performed or reported as failed, and one that is no task touches nothing',
  async () => {
    let reported = 0;
    const property = fc.asyncProperty(fc.array(hostileMessage, { minLength: 1, maxLength: 4 }), async (messages) => {
      service.clearCounts();
      const { batchItemFailures } = await service.work(messages);
      expect(batchItemFailures.length).toBeLessThanOrEqual(messages.length);
      reported += batchItemFailures.length;
      const touched =
        batchItemFailures.length === messages.length ? [...service.tableOperations, ...service.vapi.requests] : [];
      expect(touched).toEqual([]);
    });
    await fc.assert(property, { numRuns: RUNS / 10 });
    service.output.show(`${RUNS / 10} hostile batches, ${reported} messages reported as failed\n`);
    expect(reported).toBeGreaterThan(RUNS / 20);
    expect(unhandled).toEqual([]);
  },
  RUNS * 50,
);

/** Past the capture, which keeps the log from the screen. */
function print(violations: number): void {
  const rows = [...answers].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([label, count]) => `  ${label}: ${count}`);
  const total = [...answers.values()].reduce((sum, count) => sum + count, 0);
  service.output.show(`${[`${total} hostile events, ${violations} violations`, ...rows].join('\n')}\n`);
}
