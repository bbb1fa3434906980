import { z } from 'zod';
import type { QueueWorker } from '../stack/queue-worker.ts';

type Environment = Record<string, string>;

const depth = z.object({ Attributes: z.object({ ApproximateNumberOfMessages: z.coerce.number() }) });

/**
 * What the functions leave to the queue is done by the code that is deployed: the worker, from its source. It is loaded
 * only when there is something to do.
 */
export class BackgroundWorker {
  /** The stack's environment and the functions'. */
  readonly #environment: Environment;
  #opened: QueueWorker | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Performs whatever comes, until `stop`. */
  async start(): Promise<void> {
    const worker = await this.#open();
    worker.run().catch(() => {});
  }

  /** Performs what is in the queue. Its log goes beside the answer of the function, not into it. */
  async drain(): Promise<void> {
    if (!(await this.#hasMessages())) return;
    const { write } = process.stdout;
    process.stdout.write = process.stderr.write.bind(process.stderr);
    try {
      await (await this.#open()).drain();
    } finally {
      process.stdout.write = write;
    }
  }

  stop(): void {
    this.#opened?.stop();
  }

  async #open(): Promise<QueueWorker> {
    if (this.#opened) return this.#opened;
    Object.assign(process.env, this.#environment);
    const [{ QueueWorker }, { handler }] = await Promise.all([
      import('../stack/queue-worker.ts'),
      import('../../src/handlers/worker.ts'),
    ]);
    this.#opened = new QueueWorker({ environment: this.#environment, worker: handler });
    return this.#opened;
  }

  /** Without the SDK, whose loading would cost every command more than the answer. */
  async #hasMessages(): Promise<boolean> {
    const { AWS_ENDPOINT_URL_SQS: url, TASK_QUEUE_URL: QueueUrl } = this.#environment;
    if (!url) return false;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.GetQueueAttributes' },
      body: JSON.stringify({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
    });
    const parsed = depth.safeParse(await response.json());
    return parsed.success && parsed.data.Attributes.ApproximateNumberOfMessages > 0;
  }
}
