import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Task, TaskQueue } from '../domain/task.ts';
import { taskMessage } from './task-message.ts';

/** The longest delay that SQS accepts, in seconds. */
const LONGEST_DELAY_S = 900;

/** Tasks in SQS. */
export class SqsTaskQueue implements TaskQueue {
  readonly #client: SQSClient;
  readonly #url: string;

  constructor({ client, url }: { client: SQSClient; url: string }) {
    this.#client = client;
    this.#url = url;
  }

  async send(task: Task, { delaySeconds = 0 }: { delaySeconds?: number } = {}): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#url,
        MessageBody: taskMessage(task),
        DelaySeconds: Math.min(Math.ceil(delaySeconds), LONGEST_DELAY_S),
      }),
    );
  }

  /**
   * Lets a received message that failed come back after `seconds`, instead of after the visibility timeout of the
   * queue.
   */
  async returnAfter(receiptHandle: string, seconds: number): Promise<void> {
    await this.#client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.#url,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: Math.ceil(seconds),
      }),
    );
  }
}
