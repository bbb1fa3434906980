import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { ClientOptions } from '../../client/index.ts';
import { type Answer, type Forward, makeForward, problem } from './forward.ts';
import { cookieFor, refusalOf } from './gate.ts';
import type { Page } from './page.ts';

/** All addresses of the console are below this path. */
const CONSOLE_PATH = '/console';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const SAFE_HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** What a console needs. */
interface ConsoleParts {
  page: Page;
  /** The service that it shows. */
  access: ClientOptions;
  /** Its name for people. */
  name: string;
  /** The token that the address must have. */
  secret: string;
}

/** A secret for one console. */
export function makeSecret(): string {
  return randomBytes(24).toString('base64url');
}

/** Answers requests below `/console`: the files of the page, and at `/console/api` its requests to the service. */
export function makeListener({ access, ...parts }: ConsoleParts): RequestListener {
  const forward = makeForward(access);
  return (request, response) => {
    answerOf({ ...parts, request, forward })
      .catch(() => problem({ status: 500, code: 'INTERNAL', detail: 'The console has failed. Reload the page.' }))
      .then((answer) => reply(response, answer))
      .catch(() => response.destroy());
  };
}

/** A console that listens. */
export interface OpenConsole {
  /** The address with the token. */
  address: string;
  close(): void;
}

/** Listens on this machine only; port 0 takes a free one. */
export async function openConsole(parts: ConsoleParts, port = 0): Promise<OpenConsole> {
  const server = createServer(makeListener(parts));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', resolve);
  await promise;
  const bound = server.address();
  const actual = typeof bound === 'object' && bound ? bound.port : port;
  return {
    address: `http://127.0.0.1:${actual}${CONSOLE_PATH}/?token=${parts.secret}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The base for parsing paths. */
const NOWHERE = 'http://console.invalid';

interface Asked extends Omit<ConsoleParts, 'access'> {
  request: IncomingMessage;
  forward: Forward;
}

async function answerOf({ request, page, forward, name, secret }: Asked): Promise<Answer> {
  const { method = 'GET', headers, url: target = '/', socket } = request;
  const { localPort: port = 0, remoteAddress: from = '' } = socket;
  if (!target.startsWith('/') || !URL.canParse(target, NOWHERE)) return text(400, 'That is no address.');
  const url = new URL(target, NOWHERE);
  const token = url.searchParams.get('token');
  const refusal = refusalOf({ method, headers, token, port, from }, secret);
  const path = url.pathname;
  const isAsked = path.startsWith(`${CONSOLE_PATH}/api/`);
  if (refusal) return isAsked ? problem(refusal) : text(refusal.status, refusal.detail);
  if (isAsked) {
    url.pathname = path.slice(`${CONSOLE_PATH}/api`.length);
    url.searchParams.delete('token');
    return await forward(request, url);
  }
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'Only GET.');
  if (path === `${CONSOLE_PATH}/place`) return text(200, name);
  if (path === '/' || path === CONSOLE_PATH) {
    return { status: 303, headers: { location: `${CONSOLE_PATH}/${url.search}` }, body: '' };
  }
  return fileOf(page, path, token === null ? {} : { 'set-cookie': cookieFor(port, secret) });
}

/** A file of the page; every other address below `/console` is one of its views. */
function fileOf(page: Page, path: string, headers: Record<string, string>): Answer {
  if (!path.startsWith(`${CONSOLE_PATH}/`)) return text(404, 'There is nothing here.');
  const name = path.slice(CONSOLE_PATH.length + 1);
  const file = page.get(name) ?? (name.startsWith('assets/') ? undefined : page.get('index.html'));
  if (!file) return text(404, 'There is no such file.');
  return { status: 200, headers: { 'content-type': file.type, ...headers }, body: file.content };
}

function text(status: number, words: string): Answer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${words}\n` };
}

function reply(response: ServerResponse, { status, headers, body }: Answer): void {
  const length = Buffer.byteLength(body);
  // A 204 has no length.
  const size: Record<string, number> = status === 204 ? {} : { 'content-length': length };
  response.writeHead(status, { ...SAFE_HEADERS, 'cache-control': 'no-store', ...headers, ...size });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
