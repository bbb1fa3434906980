import { type DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { z } from 'zod';

/** DynamoDB Local looks at the form of a signature only. */
const SIGNATURE =
  'AWS4-HMAC-SHA256 Credential=local/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0';

const shards = z.object({ StreamDescription: z.object({ Shards: z.array(z.object({ ShardId: z.string() })) }) });
const iterator = z.object({ ShardIterator: z.string() });
const records = z.object({
  Records: z.array(z.looseObject({ eventID: z.string() })),
  NextShardIterator: z.string().optional(),
});

/** The stream of a table as Lambda reads it, by the API of DynamoDB Streams, without a client of its own. */
export class StreamReader {
  readonly #url: string;
  readonly #arn: string;
  #iterators: string[] | undefined;

  private constructor(url: string, arn: string) {
    this.#url = url;
    this.#arn = arn;
  }

  /** Switches the stream on as serverless.yml does. */
  static async start(url: string, { client, name }: { client: DynamoDBClient; name: string }): Promise<StreamReader> {
    const { TableDescription } = await client.send(
      new UpdateTableCommand({
        TableName: name,
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
    );
    return new StreamReader(url, TableDescription?.LatestStreamArn ?? '');
  }

  /** What has come since the last time, as an event of Lambda. */
  async read(): Promise<DynamoDBStreamEvent> {
    this.#iterators ??= await this.#open();
    const pages = await Promise.all(
      this.#iterators.map(async (ShardIterator) => records.parse(await this.#ask('GetRecords', { ShardIterator }))),
    );
    this.#iterators = pages.flatMap(({ NextShardIterator }) => NextShardIterator ?? []);
    return z.custom<DynamoDBStreamEvent>().parse({ Records: pages.flatMap(({ Records }) => Records) });
  }

  async #open(): Promise<string[]> {
    const described = shards.parse(await this.#ask('DescribeStream', { StreamArn: this.#arn }));
    const opened = described.StreamDescription.Shards.map(async ({ ShardId }) => {
      const from = { StreamArn: this.#arn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
      return iterator.parse(await this.#ask('GetShardIterator', from)).ShardIterator;
    });
    return await Promise.all(opened);
  }

  async #ask(operation: string, input: object): Promise<unknown> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDBStreams_20120810.${operation}`,
        authorization: SIGNATURE,
      },
      body: JSON.stringify(input),
    });
    if (!response.ok) throw new Error(`${operation}: ${response.status} ${await response.text()}`);
    return await response.json();
  }
}
