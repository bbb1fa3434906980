import type { IncomingMessage } from 'node:http';
import type { ClientOptions } from '../../client/index.ts';
import { makeFetch } from '../../client/transport.ts';
import { sentencesOf } from '../exit.ts';
import { isKnownRoute } from './routes.ts';

/** An answer to the browser. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body: string | Buffer;
}

/** Passes a request of the page on to the service. */
export type Forward = (request: IncomingMessage, url: URL) => Promise<Answer>;

const SENT = ['accept', 'content-type', 'if-match', 'x-operation-id'] as const;
const ANSWERED = ['content-type', 'etag', 'retry-after', 'x-operation-id'] as const;

/** The largest body, in bytes: no request of the page has more. */
const LONGEST_BODY = 64 * 1024;

/**
 * Makes the function that passes requests of the page on to the service, signed as the client signs. Nothing is
 * repeated: the page does that itself.
 */
export function makeForward(access: ClientOptions): Forward {
  const send = makeFetch({ ...access, retries: 0 });
  return async (request, url) => {
    const { method = 'GET' } = request;
    if (!isKnownRoute(method, url.pathname))
      return problem({ status: 404, code: 'NOT_FOUND', detail: 'The console asks nothing of that kind.' });
    const body = await bodyOf(request);
    if (body === undefined)
      return problem({ status: 413, code: 'VALIDATION_FAILED', detail: 'The request is longer than any of the page.' });
    try {
      const headers = chosen(SENT, (name) => String(request.headers[name] ?? ''));
      const given = body.length > 0 ? { body: new Uint8Array(body) } : {};
      const reply = await send(
        new Request(`${access.baseUrl}${url.pathname}${url.search}`, { method, headers, ...given }),
      );
      return {
        status: reply.status,
        headers: chosen(ANSWERED, (name) => reply.headers.get(name) ?? ''),
        body: Buffer.from(await reply.arrayBuffer()),
      };
    } catch (error) {
      return problem({ status: 502, code: 'UNREACHABLE', detail: sentencesOf(error).join(' ') });
    }
  };
}

/** A problem document (RFC 9457), like those of the service. */
export function problem({ status, code, detail }: { status: number; code: string; detail: string }): Answer {
  const body = JSON.stringify({ type: 'about:blank', title: code, status, detail, code, retryable: false, errors: [] });
  return { status, headers: { 'content-type': 'application/problem+json' }, body };
}

function chosen<Name extends string>(names: readonly Name[], read: (name: Name) => string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, read(name)]).filter(([, value]) => value !== ''));
}

/** The body of a request; undefined when it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    length += part.length;
    if (length > LONGEST_BODY) return undefined;
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}
