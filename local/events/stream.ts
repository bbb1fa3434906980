import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { type ListeningServer, listen, readBody, send } from '../stack/http-server.ts';

const key = z.object({ pk: z.object({ S: z.string() }), sk: z.object({ S: z.string() }) });
const write = z.object({ TableName: z.string(), Key: key.optional(), Item: key.loose().optional() });
const found = z.object({ Item: z.record(z.string(), z.unknown()).optional() });
const position = z.object({ position: z.number() });

type Image = Record<string, unknown> | undefined;

/** One write to a row, as Lambda gets it from a stream of DynamoDB. */
export interface StreamRecord {
  eventID: string;
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  eventSource: 'aws:dynamodb';
  dynamodb: {
    Keys: z.output<typeof key>;
    OldImage?: Image;
    NewImage?: Image;
    SequenceNumber: string;
    /** Seconds. */
    ApproximateCreationDateTime: number;
  };
}

const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem'];

/**
 * The rows in the stream, as the filter patterns of `announce` in serverless.yml select them, by the beginnings of
 * their keys.
 */
export const STREAMED = [
  { pk: 'ORG#', sk: 'ASSISTANT#' },
  { pk: 'DRIFT', sk: 'STRAY#' },
  { pk: 'ROLLOUTS', sk: 'ROLLOUT#' },
];

function isStreamed({ pk, sk }: z.output<typeof key>): boolean {
  return STREAMED.some((begins) => pk.S.startsWith(begins.pk) && sk.S.startsWith(begins.sk));
}

/** The most records that are kept. */
const KEPT = 10_000;

/**
 * The stream that the emulator of the table lacks: the writes that `announce` receives, with the row before and after.
 */
export class TableStream {
  /** Oldest first. */
  readonly records: StreamRecord[] = [];
  /** The number of records that the reader has finished with. */
  position = 0;
  #count = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * Intercepts the writes to a DynamoDB server that belong into the stream: they run one after the other, between two
   * reads of the row.
   */
  watch(server: Server, url: () => string): void {
    const serve = server.listeners('request');
    const pass = (request: Readable, response: ServerResponse) => {
      for (const listener of serve) Reflect.apply(listener, server, [request, response]);
    };
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
      if (!WRITES.includes(operation)) return pass(request, response);
      readBody(request).then(
        (body) => this.#serveWrite({ request, response, body, pass, url: url() }),
        () => response.destroy(),
      );
    });
  }

  /** Records from a position on, which is the number of records before. */
  from(start: number, limit: number): StreamRecord[] {
    const first = this.#count - this.records.length;
    return this.records.slice(Math.max(0, start - first), Math.max(0, start - first) + limit);
  }

  #serveWrite(call: WriteCall): void {
    const parsed = write.safeParse(JSON.parse(call.body)).data;
    const row = parsed?.Key ?? parsed?.Item;
    if (!parsed || !row || !isStreamed(row)) {
      replay(call);
      return;
    }
    const read = () => imageOf(call, { TableName: parsed.TableName, Key: { pk: row.pk, sk: row.sk } });
    this.#turn = this.#turn
      .then(async () => {
        const before = await read();
        const answered = answeredBy(call.response);
        replay(call);
        await answered;
        this.#add({ pk: row.pk, sk: row.sk }, before, await read());
      })
      .catch(() => call.response.destroy());
  }

  #add(Keys: z.output<typeof key>, OldImage: Image, NewImage: Image): void {
    if (JSON.stringify(OldImage) === JSON.stringify(NewImage)) return;
    this.#count += 1;
    const eventName = OldImage ? (NewImage ? 'MODIFY' : 'REMOVE') : 'INSERT';
    const SequenceNumber = String(this.#count).padStart(21, '0');
    const ApproximateCreationDateTime = Math.floor(Date.now() / 1000);
    const dynamodb = { Keys, OldImage, NewImage, SequenceNumber, ApproximateCreationDateTime };
    this.records.push({ eventID: SequenceNumber, eventName, eventSource: 'aws:dynamodb', dynamodb });
    if (this.records.length > KEPT) this.records.shift();
  }
}

interface WriteCall {
  request: IncomingMessage;
  response: ServerResponse;
  body: string;
  /** Passes a request to the server as if it came over the network. */
  pass: (request: Readable, response: ServerResponse) => void;
  url: string;
}

/** Resolves when the server has answered, also when the client is gone and no event says so. */
function answeredBy(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = response.end.bind(response);
  response.end = (...rest: unknown[]) => {
    resolve();
    return Reflect.apply(end, response, rest);
  };
  return promise;
}

/** The request once more, as its body has been read. */
function replay({ request, response, body, pass }: WriteCall): void {
  const { method, url, headers, httpVersion, socket } = request;
  const again = Object.assign(Readable.from([Buffer.from(body)]), {
    method,
    url,
    headers,
    httpVersion,
    socket,
    connection: socket,
  });
  pass(again, response);
}

async function imageOf({ request, url }: WriteCall, asked: object): Promise<Image> {
  const { authorization = '', 'x-amz-date': date = '' } = request.headers;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.GetItem',
      authorization,
      'x-amz-date': String(date),
    },
    body: JSON.stringify({ ...asked, ConsistentRead: true }),
  });
  return found.parse(await response.json()).Item;
}

/** Lets other processes read the stream, and note how far they have come. */
export async function serveStream(stream: TableStream): Promise<ListeningServer> {
  return await listen((request, response) => {
    const answer = async () => {
      if (request.method === 'POST') stream.position = position.parse(JSON.parse(await readBody(request))).position;
      send(response, { status: 200, body: { position: stream.position, records: stream.from(stream.position, 100) } });
    };
    answer().catch(() => response.destroy());
  });
}
