import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { SERVICE, standardRegion } from './stage.ts';

/** A task that failed five times. */
interface DeadLetter {
  /** The kind of task, or `unknown` when the message is none. */
  kind: string;
  /** Absent for parts of drift runs. */
  orgId: string | undefined;
  role: string | undefined;
  body: string;
  receipt: string;
}

interface DeadLetters {
  /** All present dead letters. Those that are not sent back are visible again after this is closed. */
  read(): Promise<readonly DeadLetter[]>;
  /** Sends first and deletes afterwards: a crash in between sends it twice, which does no harm. */
  sendBack(letter: DeadLetter): Promise<void>;
  close(): Promise<void>;
}

const task = z.object({ kind: z.string(), orgId: z.string().optional(), role: z.string().optional() });

/** How long a letter that was read is hidden from others, in seconds. */
const READING_S = 120;

/** Without a wait SQS asks only some of its servers, and may wrongly say that there is nothing. */
const WAIT_S = 2;

/** Opens the dead letters of a stage; without one those of the embedded stack, whose SQS is in the environment. */
export async function openDeadLetters({
  stage = 'local',
  region = standardRegion(),
}: {
  stage?: string | undefined;
  region?: string | undefined;
}): Promise<DeadLetters> {
  const client = new SQSClient({ region });
  const urlOf = async (name: string) => {
    const { QueueUrl = '' } = await client.send(new GetQueueUrlCommand({ QueueName: `${SERVICE}-${stage}-${name}` }));
    // The emulator names a host that not every machine resolves, and looks at the path alone.
    const endpoint = process.env.AWS_ENDPOINT_URL_SQS;
    return stage === 'local' && endpoint ? new URL(new URL(QueueUrl).pathname, endpoint).href : QueueUrl;
  };
  const [dead, tasks] = await Promise.all([urlOf('tasks-dead'), urlOf('tasks')]);
  const held = new Set<string>();
  return {
    read: async () => await readAll(client, dead, held),
    sendBack: async ({ body, receipt }) => {
      await client.send(new SendMessageCommand({ QueueUrl: tasks, MessageBody: body }));
      await client.send(new DeleteMessageCommand({ QueueUrl: dead, ReceiptHandle: receipt }));
      held.delete(receipt);
    },
    close: async () => {
      for (const ReceiptHandle of held) {
        await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: dead, ReceiptHandle, VisibilityTimeout: 0 }));
      }
      client.destroy();
    },
  };
}

async function readAll(client: SQSClient, QueueUrl: string, held: Set<string>): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: READING_S,
        WaitTimeSeconds: WAIT_S,
      }),
    );
    if (Messages.length === 0) return letters;
    for (const { Body = '', ReceiptHandle = '' } of Messages) {
      held.add(ReceiptHandle);
      letters.push({ ...nameOf(Body), body: Body, receipt: ReceiptHandle });
    }
  }
}

function nameOf(body: string): Pick<DeadLetter, 'kind' | 'orgId' | 'role'> {
  try {
    const { kind, orgId, role } = task.parse(JSON.parse(body));
    return { kind, orgId, role };
  } catch {
    return { kind: 'unknown', orgId: undefined, role: undefined };
  }
}
