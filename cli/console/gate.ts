import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The part of a request that decides whether it is let in. */
export interface Visit {
  method: string;
  headers: IncomingHttpHeaders;
  /** The value of `token` in the address. */
  token: string | null;
  /** The port of the console. */
  port: number;
  /** The address of the visitor. */
  from: string;
}

/** Why a request is not let in. */
export interface Refusal {
  status: 401 | 403;
  code: 'TOKEN_MISSING' | 'FOREIGN_REQUEST';
  detail: string;
}

const THIS_MACHINE = /^(?:127\.|::ffff:127\.|::1$)/;

/**
 * Lets in only browsers of this machine that have the token, and pages of this address. `Host` keeps out names that
 * were made to point here (DNS rebinding), `Origin` and `Sec-Fetch-Site` keep out pages of other sites.
 */
export function refusalOf(visit: Visit, secret: string): Refusal | undefined {
  const { headers, port, from } = visit;
  if (!THIS_MACHINE.test(from)) return foreign('The console is for this machine only.');
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!hosts.includes(headers.host ?? '')) return foreign('The console has another address.');
  if (!isOwnPage(visit)) return foreign('The console answers no page of another site.');
  if (visit.token !== null ? isSame(visit.token, secret) : isSame(cookieOf(headers, port), secret)) return undefined;
  const detail = 'Open the address that was printed when the console was started: it has the token.';
  return { status: 401, code: 'TOKEN_MISSING', detail };
}

function foreign(detail: string): Refusal {
  return { status: 403, code: 'FOREIGN_REQUEST', detail };
}

/**
 * The cookie that holds the token after the first visit, so that no further address needs it. Scripts cannot read it,
 * and no request of another site carries it. All ports of a machine share cookies: the name tells consoles apart.
 */
export function cookieFor(port: number, secret: string): string {
  return `${nameFor(port)}=${secret}; Path=/console; HttpOnly; SameSite=Strict`;
}

function isOwnPage({ method, headers }: Visit): boolean {
  const { origin, host, 'sec-fetch-site': site = 'none' } = headers;
  if (site !== 'none' && site !== 'same-origin') return false;
  // A browser names the origin of whatever may change something.
  const mayBeAbsent = method === 'GET' || method === 'HEAD';
  return origin === undefined ? mayBeAbsent : origin === `http://${host}`;
}

function cookieOf({ cookie = '' }: IncomingHttpHeaders, port: number): string {
  const pairs = cookie.split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([name]) => name === nameFor(port))?.[1] ?? '';
}

function nameFor(port: number): string {
  return `vapi-sync-console-${port}`;
}

/** Compares in constant time. */
function isSame(given: string, secret: string): boolean {
  return timingSafeEqual(digest(given), digest(secret));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
