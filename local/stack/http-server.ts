import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Server as SocketServer } from 'node:net';

/** A server of the embedded stack that accepts connections. */
export type ListeningServer = { url: string; port: number; close(): Promise<void> };

/** Starts `listener` on 127.0.0.1; port 0 takes a free one. */
export function listen(listener: RequestListener, port = 0): Promise<ListeningServer> {
  const server = createServer(listener);
  // Longer than any client keeps an idle connection: a server that closes first makes the client's next request fail.
  server.keepAliveTimeout = 120_000;
  return listenOn(server, port);
}

/** Starts an existing HTTP server on 127.0.0.1 and describes it. `close` also ends connections that still wait. */
export async function listenOn(server: Server, port: number): Promise<ListeningServer> {
  const bound = await bind(server, port);
  return { url: `http://127.0.0.1:${bound}`, port: bound, close: () => closeServer(server) };
}

/** Starts a server of any protocol on 127.0.0.1, and gives its port; 0 takes a free one. */
export async function bind(server: SocketServer, port = 0): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', resolve);
  await promise;
  server.off('error', reject);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no TCP address');
  return address.port;
}

function closeServer(server: Server): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.close((error) => (error ? reject(error) : resolve()));
  server.closeAllConnections();
  return promise;
}

/** The whole body of a request as text; rejects when the client goes away first. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** A reply before it is written. */
export type Answer = { status: number; body: unknown; headers?: Record<string, string> };

/** Writes a reply, as JSON unless the body is already text. */
export function send(response: ServerResponse, answer: Answer): void {
  const isText = typeof answer.body === 'string';
  const text = isText ? String(answer.body) : JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'content-type': isText ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...answer.headers,
  });
  response.end(text);
}
