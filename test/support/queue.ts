import {
  ChangeMessageVisibilityCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Servers } from '../../local/stack/servers.ts';

/** The queues of the embedded stack, as somebody sees them who looks in from outside. */
export class QueueProbe {
  readonly #client: SQSClient;
  readonly #servers: Servers;

  constructor(servers: Servers) {
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    this.#servers = servers;
    this.#client = new SQSClient({ region: 'eu-central-1', endpoint: servers.queues.url, credentials });
  }

  async send(body: string): Promise<void> {
    await this.#client.send(new SendMessageCommand({ QueueUrl: this.#url('TaskQueue'), MessageBody: body }));
  }

  /** Takes what can be received now. */
  async receive(queue: 'TaskQueue' | 'TaskDeadLetterQueue' = 'TaskQueue'): Promise<Message[]> {
    const { Messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({ QueueUrl: this.#url(queue), MaxNumberOfMessages: 10 }),
    );
    return Messages;
  }

  /** As if the time had passed after which a message comes back. */
  async letReturn({ ReceiptHandle }: Message): Promise<void> {
    await this.#client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: this.#url('TaskQueue'), ReceiptHandle, VisibilityTimeout: 0 }),
    );
  }

  close(): void {
    this.#client.destroy();
  }

  #url(queue: string): string {
    return this.#servers.queues.queueUrl(queue);
  }
}
