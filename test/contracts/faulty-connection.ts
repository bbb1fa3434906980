import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen, readBody, send } from '../../local/stack/http-server.ts';

/**
 * What can go wrong between the service and its table.
 * - `lose-reply`: the request has its effect, then the connection breaks
 * - `fail-after`: the request has its effect, the answer is a 500
 * - `hang-after`: the request has its effect, the answer never comes
 * - `drop`: the connection breaks before anything happens
 * - `hang`: nothing happens, and no answer comes
 * - `throttle`: nothing happens, the answer is that of a table beyond its capacity
 */
export type ConnectionFault = 'lose-reply' | 'fail-after' | 'hang-after' | 'drop' | 'hang' | 'throttle';

export interface PlannedFault {
  fault: ConnectionFault;
  /** How many requests in a row; 1 unless told. */
  times?: number;
  /** Runs after the effect and before the caller can know of it: what others do in that moment. */
  meanwhile?: () => Promise<void>;
}

/** A request as it came by. */
export interface SeenRequest {
  /** `UpdateItem`, `Query`, … */
  operation: string;
  input: unknown;
}

/** A connection to a table that does what it is told to, and sees everything. */
export interface FaultyConnection {
  url: string;
  seen: SeenRequest[];
  /** From the next request on. */
  plan(fault: PlannedFault): void;
  /** Forgets what was planned and seen. */
  reset(): void;
  close(): Promise<void>;
}

type Outcome = { status: number; headers: Record<string, string>; body: Buffer };

/** Forwards to a DynamoDB endpoint over HTTP, so that the SDK's own handling of real faults is what is tried. */
export async function startFaultyConnection(target: string): Promise<FaultyConnection> {
  const seen: SeenRequest[] = [];
  let planned: { fault: ConnectionFault; left: number; meanwhile: () => Promise<void> } | undefined;
  const take = () => {
    if (!planned || planned.left === 0) return undefined;
    planned.left -= 1;
    return planned;
  };
  const server = await listen((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(request);
    seen.push({ operation: operationOf(request), input: JSON.parse(text) });
    const fault = take();
    if (fault && !hasEffect(fault.fault)) return refuse(fault.fault, response);
    const outcome = await forward(target, request, text);
    await fault?.meanwhile();
    if (fault) return lose(fault.fault, response);
    response.writeHead(outcome.status, outcome.headers).end(outcome.body);
  }
  return {
    url: server.url,
    seen,
    plan: ({ fault, times = 1, meanwhile = async () => undefined }) => {
      planned = { fault, left: times, meanwhile };
    },
    reset: () => {
      planned = undefined;
      seen.length = 0;
    },
    close: () => server.close(),
  };
}

function hasEffect(fault: ConnectionFault): boolean {
  return fault === 'lose-reply' || fault === 'fail-after' || fault === 'hang-after';
}

function refuse(fault: ConnectionFault, response: ServerResponse): void {
  if (fault === 'drop') response.destroy();
  if (fault === 'throttle') fail(response, 400, 'ProvisionedThroughputExceededException');
}

function lose(fault: ConnectionFault, response: ServerResponse): void {
  if (fault === 'lose-reply') response.destroy();
  if (fault === 'fail-after') fail(response, 500, 'InternalServerError');
}

function fail(response: ServerResponse, status: number, name: string): void {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'made by the test' };
  send(response, { status, body, headers: { 'content-type': 'application/x-amz-json-1.0' } });
}

function operationOf({ headers }: IncomingMessage): string {
  return String(headers['x-amz-target']).split('.').at(-1) ?? '';
}

async function forward(target: string, { headers }: IncomingMessage, text: string): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpRequest(target, { method: 'POST', headers });
  request.once('error', reject).once('response', resolve).end(text);
  const reply = await promise;
  const chunks: Buffer[] = [];
  for await (const chunk of reply) chunks.push(Buffer.from(chunk));
  return { status: reply.statusCode ?? 500, headers: plainHeaders(reply), body: Buffer.concat(chunks) };
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  const kept = ['content-type', 'x-amz-crc32', 'x-amzn-requestid'];
  return Object.fromEntries(kept.flatMap((name) => (headers[name] ? [[name, String(headers[name])]] : [])));
}
