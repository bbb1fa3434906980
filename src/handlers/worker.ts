import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { parseTask } from '../adapters/task-message.ts';
import { makeJournal } from '../adapters/telemetry/journal.ts';
import { toLoggedError } from '../adapters/telemetry/source-positions.ts';
import { type Application, makeApplication } from '../application.ts';
import { performDriftTask } from '../domain/drift/perform-drift-task.ts';
import type { Journal } from '../domain/journal.ts';
import { loggedAs, Problem } from '../domain/problem.ts';
import { performRollout } from '../domain/rollouts/work/perform-rollout.ts';
import type { Deadline } from '../domain/runtime.ts';
import { performTask } from '../domain/sync/perform-task.ts';
import { isDriftTask, longWorkOf, type Task, type TaskEnd } from '../domain/task.ts';
import { instrumented } from './lambda/instrumented.ts';
import { madeEarly } from './lambda/made-early.ts';

export type WorkerHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/** Kept back from the time of an invocation for its answer, in ms. */
const ANSWER_RESERVE_MS = 1_000;

/** Performs the tasks of a batch one after the other; those that fail are reported, and only they come back. */
export function makeWorkerHandler(app: Application): WorkerHandler {
  return instrumented(app.telemetry, async (batch: SQSEvent, context) => {
    const event = { ...batch, Records: batch.Records.toSorted((a, b) => patienceOf(a) - patienceOf(b)) };
    let left = event.Records.length;
    const perform = async (record: SQSRecord) => {
      try {
        await handleRecord(app, record, fairShare(context, left));
      } finally {
        left -= 1;
      }
    };
    const options = { context, processInParallel: false, throwOnFullBatchFailure: false };
    return await processPartialResponse(event, perform, new BatchProcessor(EventType.SQS), options);
  });
}

/**
 * The order in a batch: drift checks and rollouts come last, as they take long and somebody may be waiting for the
 * others.
 */
function patienceOf({ body }: SQSRecord): number {
  try {
    return longWorkOf(parseTask(body)) === undefined ? 0 : 1;
  } catch {
    // A message that is no task fails when its turn comes.
    return 0;
  }
}

/** A share of the remaining time, divided among the remaining messages. */
function fairShare(context: Context, messages: number): Deadline {
  const leftMs = () => context.getRemainingTimeInMillis() - ANSWER_RESERVE_MS;
  const othersMs = leftMs() * (1 - 1 / Math.max(1, messages));
  return { remainingMs: () => Math.max(0, leftMs() - othersMs) };
}

async function handleRecord(app: Application, record: SQSRecord, deadline: Deadline): Promise<void> {
  const { logger } = app.telemetry;
  const { now } = app.runtime;
  const started = now();
  const elapsed = () => now() - started;
  const journal = makeJournal(app.telemetry);
  try {
    const task = parseTask(record.body);
    const { kind: operation } = task;
    logger.appendKeys(keysOf(task));
    journal.record({ code: 'OPERATION_STARTED', operation });
    const end = await perform(app, task, { journal, deadline });
    if (end.kind === 'later') {
      await postpone(app, task, end.afterSeconds);
      const { reason, afterSeconds } = end;
      journal.record({ code: 'TASK_POSTPONED', operation, reason, afterSeconds, durationMs: elapsed() });
      return;
    }
    journal.record({ code: 'OPERATION_COMPLETED', operation, outcome: end.outcome, durationMs: elapsed() });
  } catch (error) {
    await fail(app, record, error);
    throw error;
  }
}

/** The keys of every log line of a task: a drift run or a rollout is one operation, whatever tasks it takes. */
function keysOf(task: Task) {
  if ('orgId' in task) return { operationId: task.operationId, orgId: task.orgId, role: task.role };
  return { operationId: longWorkOf(task), orgId: undefined, role: undefined };
}

async function perform(app: Application, task: Task, time: { journal: Journal; deadline: Deadline }): Promise<TaskEnd> {
  if (task.kind === 'rollout') return await performRollout({ ...app.rollouts, ...time }, task.rolloutId);
  return isDriftTask(task) ? await performDriftTask(app.drift, time, task) : await performTask(app.sync, task, time);
}

/** The shortest pause, in seconds: after a shorter one a throttled Vapi would only refuse again. */
const SHORTEST_PAUSE_S = 5;

/**
 * Sends the task back as a new message, so that waiting for Vapi does not count as a failure: after five failures it
 * would end in the dead-letter queue.
 */
async function postpone(app: Application, task: Task, afterSeconds: number): Promise<void> {
  const jitter = 1 + app.runtime.random() / 4;
  await app.queue.send(task, { delaySeconds: Math.max(afterSeconds, SHORTEST_PAUSE_S) * jitter });
}

/** First and longest time until a message that failed comes back, in seconds. */
const FIRST_RETRY_S = 15;
const LONGEST_RETRY_S = 900;

/** Logs the failure once; the message comes back after a pause that doubles with each failure. */
async function fail(app: Application, { receiptHandle, attributes }: SQSRecord, error: unknown): Promise<void> {
  const { logger } = app.telemetry;
  const received = Number(attributes?.ApproximateReceiveCount ?? 1) || 1;
  const cause = error instanceof Problem ? loggedAs(error) : { error: toLoggedError(error) };
  logger.error('💥 Task failed', { code: 'TASK_FAILED', received, ...cause });
  const seconds = Math.min(FIRST_RETRY_S * 2 ** (received - 1), LONGEST_RETRY_S);
  try {
    await app.queue.returnAfter(receiptHandle, seconds);
  } catch {
    // The message then comes back after the visibility timeout of the queue.
    logger.warn('📨 The pause of a failed message could not be set', { code: 'TASK_PAUSE_NOT_SET' });
  }
}

const built = madeEarly(() => makeWorkerHandler(makeApplication()));

/** While the settings are wrong the whole batch fails; it comes back when they are right. */
export const handler: WorkerHandler = async (event, context) => await built()(event, context);
