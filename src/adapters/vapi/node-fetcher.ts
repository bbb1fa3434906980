import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { HttpRequest, type HttpResponse } from '@smithy/core/protocols';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
import type { AssistantsClient } from '@vapi-ai/server-sdk/assistants';

type Fetcher = NonNullable<AssistantsClient.Options['fetcher']>;
type Args = Parameters<Fetcher>[0];
type AgentOptions = NonNullable<NodeHttpHandlerOptions['httpAgent']>;
type RawResponse = Awaited<ReturnType<Fetcher>>['rawResponse'];

/** Code of the error of a connection that did not come about in time: nothing was sent. */
export const CONNECT_TIMED_OUT = 'CONNECT_TIMED_OUT';

/** How connections are made. */
export interface ConnectionOptions {
  /** How long connecting may take, in ms. */
  connectTimeoutMs?: number;
  /** Options of Node's agent. */
  agent?: AgentOptions;
}

const unzip = promisify(gunzip);

/**
 * The `fetcher` of the official SDK's clients, on the HTTP handler that the AWS clients have loaded anyway: to load Node's own
 * `fetch` besides takes some 40 ms of every start. It speaks JSON and follows no redirect: a key goes to the host it was meant for.
 *
 * A POST never goes over a connection that was open before. Such a one may have been closed while the execution environment was
 * frozen, and a POST that is lost with it is one of unknown outcome; everything else is repeated then.
 */
export function makeNodeFetcher({ connectTimeoutMs = 5_000, agent = {} }: ConnectionOptions = {}): Fetcher {
  // Without a limit: what waits for a free connection would look like one that does not come about.
  const unlimited = { ...agent, maxSockets: Number.POSITIVE_INFINITY };
  const kept = handlerOf({ ...unlimited, keepAlive: true }, connectTimeoutMs);
  const fresh = handlerOf({ ...unlimited, keepAlive: false }, connectTimeoutMs);
  return async (args) => {
    const { url, abortSignal } = args;
    const handler = args.method === 'POST' ? fresh : kept;
    try {
      const { response } = await handler.handle(requestOf(args), abortSignal ? { abortSignal } : {});
      const body = parseBody(await textOf(response));
      const { statusCode } = response;
      const rawResponse = rawResponseOf(response, url);
      const isOk = statusCode >= 200 && statusCode < 300;
      if (isOk) return { ok: true, body, rawResponse };
      return { ok: false, error: { reason: 'status-code', statusCode, body }, rawResponse };
    } catch (cause) {
      const error = { reason: 'unknown', errorMessage: 'no reply', cause: named(cause) } as const;
      return { ok: false, error, rawResponse: rawResponseOf({ statusCode: 0, headers: {} }, url) };
    }
  };
}

/**
 * The handler's error for a connection that did not come about has no code: it gets one. It is known by its text alone: should
 * that change, the request counts as one that may have been sent, which does no harm.
 */
function named(error: unknown): unknown {
  const isConnectTimeout = Error.isError(error) && /did not establish a connection/.test(error.message);
  return isConnectTimeout ? Object.assign(error, { code: CONNECT_TIMED_OUT }) : error;
}

function handlerOf(agent: AgentOptions, connectionTimeout: number): NodeHttpHandler {
  return new NodeHttpHandler({ connectionTimeout, httpAgent: agent, httpsAgent: agent });
}

function requestOf({ url, method, headers = {}, contentType, body, queryParameters = {} }: Args): HttpRequest {
  const { protocol, hostname, port, pathname } = new URL(url);
  const hasBody = body !== undefined;
  return new HttpRequest({
    protocol,
    hostname,
    ...(port ? { port: Number(port) } : {}),
    path: pathname,
    query: texts(queryParameters),
    method,
    headers: {
      ...texts(headers),
      accept: 'application/json',
      'accept-encoding': 'gzip',
      ...(hasBody && contentType ? { 'content-type': contentType } : {}),
    },
    ...(hasBody ? { body: JSON.stringify(body) } : {}),
  });
}

/** What is absent is not sent. */
function texts(values: Record<string, unknown>): Record<string, string> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(present.map(([name, value]) => [name, String(value)]));
}

async function textOf({ body, headers }: HttpResponse): Promise<string> {
  const bytes = await buffer(body);
  const isZipped = /^(x-)?gzip$/i.test(headers['content-encoding'] ?? '');
  const plain = isZipped && bytes.length > 0 ? await unzip(bytes) : bytes;
  return plain.toString('utf8');
}

/** What is no JSON stays text: whoever reads it sees that it is no resource. */
function parseBody(text: string) {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The headers are made when they are looked at, after a failure: the class would load `fetch`. */
function rawResponseOf(
  { statusCode, headers }: Pick<HttpResponse, 'statusCode' | 'headers'>,
  url: string,
): RawResponse {
  return {
    get headers() {
      return new Headers(headers);
    },
    status: statusCode,
    statusText: '',
    redirected: false,
    type: 'default',
    url,
  };
}
