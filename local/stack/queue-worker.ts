import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import type { WorkerHandler } from '../../src/handlers/worker.ts';
import { invocationOf } from './lambda-context.ts';
import type { Environment } from './servers.ts';

/** How the queue reaches the worker: as by Lambda's event source. */
type QueueWorkerOptions = {
  environment: Environment;
  worker: WorkerHandler;
  /** Time that an invocation of the worker has, in ms. */
  timeoutMs?: number;
};

const TIMEOUT_MS = 120_000;
const BATCH = 5;
/** The pause for messages that should come soon, such as one that waits for another process. */
const SHORT_DELAY_MS = 200;

/** Receives messages from the local queue and has the real worker perform them. */
export class QueueWorker {
  readonly #client: SQSClient;
  readonly #url: string;
  readonly #worker: WorkerHandler;
  readonly #timeoutMs: number;
  #stopped = false;

  constructor({ environment, worker, timeoutMs = TIMEOUT_MS }: QueueWorkerOptions) {
    this.#client = new SQSClient({
      region: environment.AWS_REGION ?? '',
      endpoint: environment.AWS_ENDPOINT_URL_SQS ?? '',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    this.#url = environment.TASK_QUEUE_URL ?? '';
    this.#worker = worker;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Performs the messages in the queue, and those that they add, but not delayed ones. Returns the number of messages.
   */
  async drain(): Promise<number> {
    let performed = 0;
    for (;;) {
      const messages = await this.#receive();
      if (messages.length === 0 && (await this.#isEmpty())) return performed;
      performed += messages.length;
      await this.#perform(messages);
    }
  }

  /** Performs messages as they come, until `stop`. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const messages = await this.#receive();
        await this.#perform(messages);
        if (messages.length === 0) await delay(SHORT_DELAY_MS, undefined, { ref: false });
      } catch {
        // The stack may be ending; a message that was received comes back after its visibility timeout.
        await delay(SHORT_DELAY_MS, undefined, { ref: false });
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#client.destroy();
  }

  async #isEmpty(): Promise<boolean> {
    const { Attributes } = await this.#client.send(
      new GetQueueAttributesCommand({ QueueUrl: this.#url, AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    return Number(Attributes?.ApproximateNumberOfMessages ?? 0) === 0;
  }

  async #receive(): Promise<Message[]> {
    const { Messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#url,
        MaxNumberOfMessages: BATCH,
        MessageSystemAttributeNames: ['All'],
      }),
    );
    return Messages;
  }

  async #perform(messages: Message[]): Promise<void> {
    if (messages.length === 0) return;
    const { batchItemFailures } = await this.#worker(eventOf(messages), invocationOf('worker', this.#timeoutMs));
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const { MessageId, ReceiptHandle } of messages) {
      if (failed.has(MessageId ?? '')) continue;
      await this.#client.send(new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle }));
    }
  }
}

function eventOf(messages: Message[]): SQSEvent {
  return { Records: messages.map(recordOf) };
}

function recordOf({ MessageId, ReceiptHandle, Body, Attributes, MD5OfBody }: Message): SQSRecord {
  return {
    messageId: MessageId ?? '',
    receiptHandle: ReceiptHandle ?? '',
    body: Body ?? '',
    attributes: {
      ApproximateReceiveCount: Attributes?.ApproximateReceiveCount ?? '1',
      SentTimestamp: Attributes?.SentTimestamp ?? '',
      SenderId: Attributes?.SenderId ?? '',
      ApproximateFirstReceiveTimestamp: Attributes?.ApproximateFirstReceiveTimestamp ?? '',
    },
    messageAttributes: {},
    md5OfBody: MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:local:000000000000:tasks',
    awsRegion: 'local',
  };
}
