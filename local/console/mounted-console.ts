import { randomBytes } from 'node:crypto';
import { tracingChannel } from 'node:diagnostics_channel';
import { type RequestListener, Server } from 'node:http';

const PATH = '/console';

/**
 * Serves the console at `/console` of the HTTP server that will listen on `port`, whoever starts it: Serverless offline
 * says nothing of its own. Returns the address with the token. The page is loaded, and built, when it is asked for.
 */
export function mountConsole(port: number): string {
  const secret = randomBytes(24).toString('base64url');
  const { asyncStart } = tracingChannel('net.server.listen');
  const wait = (message: unknown) => {
    const server = serverOn(message, port);
    if (!server) return;
    asyncStart.unsubscribe(wait);
    mountOn(server, lateConsole(port, secret));
  };
  asyncStart.subscribe(wait);
  return `http://localhost:${port}${PATH}/?token=${secret}`;
}

/** The HTTP server that begins to listen there. */
function serverOn(message: unknown, port: number): Server | undefined {
  if (typeof message !== 'object' || message === null || !('server' in message) || !('options' in message)) return;
  const { server, options } = message;
  const isThere = typeof options === 'object' && options !== null && 'port' in options && Number(options.port) === port;
  return isThere && server instanceof Server ? server : undefined;
}

/** What is below the path goes to the console, everything else where it went before. */
function mountOn(server: Server, listener: RequestListener): void {
  const others = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (new RegExp(`^${PATH}(?:[/?]|$)`).test(request.url ?? '')) listener(request, response);
    else for (const other of others) other.call(server, request, response);
  });
}

/** A console that is loaded for its first visitor. */
function lateConsole(port: number, secret: string): RequestListener {
  let loaded: Promise<RequestListener> | undefined;
  return (request, response) => {
    loaded ??= load(port, secret);
    loaded.then(
      (listener) => listener(request, response),
      () => {
        loaded = undefined;
        response
          .writeHead(500, { 'content-type': 'text/plain' })
          .end('The page could not be built. See `npx vapi-sync console`.\n');
      },
    );
  };
}

async function load(port: number, secret: string): Promise<RequestListener> {
  const [{ makeListener }, { loadPage }] = await Promise.all([
    import('../../cli/console/server.ts'),
    import('../../cli/console/page.ts'),
  ]);
  return makeListener({
    page: await loadPage(),
    access: { baseUrl: `http://localhost:${port}` },
    name: 'npm start',
    secret,
  });
}
