import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { HttpRequest, type HttpResponse } from '@smithy/core/protocols';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
import type { ApiKey } from '../../domain/account/api-key.ts';
import type { JsonObject } from '../../domain/json.ts';
import { connectionFault, type NotSuccessful, statusFault } from './fault.ts';

type AgentOptions = NonNullable<NodeHttpHandlerOptions['httpAgent']>;

/** One request to Vapi's API. */
export interface VapiRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Begins with a slash: `/assistant`. */
  path: string;
  /** A parameter without a value is left out. */
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: JsonObject;
}

/**
 * Sends one request with a key and returns the JSON of the reply. Throws an `UpstreamFault` for any reply but a
 * success, and when there is none.
 */
export type VapiHttp = (request: VapiRequest, apiKey: ApiKey, abortSignal: AbortSignal) => Promise<unknown>;

/** Where requests go, and how connections are made. */
export interface VapiHttpOptions {
  baseUrl: string;
  /** How long connecting may take, in ms. */
  connectTimeoutMs?: number;
  /** Options of Node's agent. */
  agent?: AgentOptions;
}

const unzip = promisify(gunzip);

/**
 * Vapi's API in plain JSON, over the HTTP handler that the AWS clients load anyway. It follows no redirects: a key goes
 * to no other host.
 *
 * A POST always opens a new connection. An open one may have been closed while the execution environment was frozen,
 * and a POST that is lost with it has an unknown outcome; every other request is then repeated.
 */
export function makeVapiHttp({ baseUrl, connectTimeoutMs = 5_000, agent = {} }: VapiHttpOptions): VapiHttp {
  // No limit on connections: a request that waits for a free one would look like a connection that failed.
  const unlimited = { ...agent, maxSockets: Number.POSITIVE_INFINITY };
  const kept = handlerOf({ ...unlimited, keepAlive: true }, connectTimeoutMs);
  const fresh = handlerOf({ ...unlimited, keepAlive: false }, connectTimeoutMs);
  const { protocol, hostname, port, pathname } = new URL(baseUrl);
  const server = { protocol, hostname, port: port ? Number(port) : undefined, prefix: pathname.replace(/\/$/, '') };
  return async (request, apiKey, abortSignal) => {
    const handler = request.method === 'POST' ? fresh : kept;
    const reply = await replyOf(handler, requestOf(server, request, apiKey), abortSignal);
    if (reply.status >= 200 && reply.status < 300) return reply.body;
    throw statusFault(reply, (text) => apiKey.maskIn(text));
  };
}

async function replyOf(
  handler: NodeHttpHandler,
  request: HttpRequest,
  abortSignal: AbortSignal,
): Promise<NotSuccessful> {
  try {
    const { response } = await handler.handle(request, { abortSignal });
    const { statusCode: status, headers } = response;
    return { status, headers, body: parseBody(await textOf(response)) };
  } catch (error) {
    throw connectionFault(error);
  }
}

function handlerOf(agent: AgentOptions, connectionTimeout: number): NodeHttpHandler {
  return new NodeHttpHandler({ connectionTimeout, httpAgent: agent, httpsAgent: agent });
}

interface Server {
  protocol: string;
  hostname: string;
  port?: number;
  /** The beginning of every path. */
  prefix: string;
}

function requestOf(
  { prefix, ...server }: Server,
  { method, path, query = {}, body }: VapiRequest,
  apiKey: ApiKey,
): HttpRequest {
  return new HttpRequest({
    ...server,
    method,
    path: `${prefix}${path}`,
    query: textsOf(query),
    headers: {
      authorization: `Bearer ${apiKey.reveal()}`,
      accept: 'application/json',
      'accept-encoding': 'gzip',
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    body: body && JSON.stringify(body),
  });
}

async function textOf({ body, headers }: HttpResponse): Promise<string> {
  const bytes = Buffer.concat(await body.toArray());
  const isZipped = /^(x-)?gzip$/i.test(headers['content-encoding'] ?? '');
  const plain = isZipped && bytes.length > 0 ? await unzip(bytes) : bytes;
  return plain.toString('utf8');
}

/** A body that is not JSON stays text: whoever reads it sees that it is no resource. */
function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function textsOf(query: NonNullable<VapiRequest['query']>): Record<string, string> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}
