import { AwsClient } from 'aws4fetch';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** How requests reach the service. */
export interface Transport {
  /** A bearer token, for the routes of organisations where tokens are chosen. */
  token?: string | undefined;
  /** Credentials to sign with (AWS Signature Version 4), or a function that gives them before each request. */
  credentials?: AwsCredentials | (() => Promise<AwsCredentials>) | undefined;
  /** The region of the API; needed with `credentials`. */
  region?: string | undefined;
  /** How often a request is repeated that the service asks to repeat (2). */
  retries?: number | undefined;
  /** The longest wait before a repetition, in seconds (60): an answer that asks for a longer one is returned. */
  longestWaitSeconds?: number | undefined;
  /** Sends one request; by default the platform's `fetch`. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** Waits, until the signal of the request aborts it; for tests. */
  sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

const RETRIES = 2;
const LONGEST_WAIT_S = 60;

/**
 * Makes a `fetch` that signs requests and repeats them when the service asks for it. Throws for credentials without a
 * region.
 */
export function makeFetch(transport: Transport): (request: Request) => Promise<Response> {
  const { fetch: send = (request) => fetch(request), sleep = pause, retries = RETRIES } = transport;
  const { credentials, region, longestWaitSeconds = LONGEST_WAIT_S } = transport;
  if (credentials && !region) throw new TypeError('Give the region of the API beside the credentials.');
  return async (request) => {
    for (let attempt = 0; ; attempt += 1) {
      const response = await send(await authorised(transport, request.clone()));
      const seconds = waitSeconds(response);
      if (seconds === undefined || seconds > longestWaitSeconds || attempt >= retries) return response;
      await response.body?.cancel();
      await sleep(seconds * 1000, request.signal);
    }
  };
}

/** How long the service asks to wait; undefined when it does not ask. */
function waitSeconds({ ok, headers }: Response): number | undefined {
  const asked = headers.get('retry-after');
  if (ok || asked === null) return undefined;
  // What stands before the service may name a date (RFC 9110).
  const seconds = /^\d/.test(asked) ? Number(asked) : Math.ceil((Date.parse(asked) - Date.now()) / 1000);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** Follows no redirect: what authorises a request goes to no other host. */
async function authorised({ token, credentials, region }: Transport, request: Request): Promise<Request> {
  if (token) request.headers.set('authorization', `Bearer ${token}`);
  if (token || !credentials) return new Request(request, { redirect: 'error' });
  const given = typeof credentials === 'function' ? await credentials() : credentials;
  const { accessKeyId, secretAccessKey, sessionToken } = given;
  const optional = { ...(sessionToken && { sessionToken }), ...(region && { region }) };
  const signer = new AwsClient({ accessKeyId, secretAccessKey, service: 'execute-api', ...optional });
  // The signer makes a new request, which does not have the signal.
  return new Request(await signer.sign(request), { signal: request.signal, redirect: 'error' });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
