import * as z from 'zod/mini';
import { maskText } from '../../domain/configuration/masking.ts';
import { type FieldError, Problem } from '../../domain/problem.ts';

/**
 * What went wrong with one request to Vapi.
 * - `fault`: no usable reply; whether the request had an effect is unknown (5xx, timeout, lost connection, unreadable
 *   body)
 * - `not-sent`: the request never reached Vapi
 * - `rate-limited`: refused for now, without effect
 * - `unauthorized`, `missing`, `rejected`: Vapi's definite answer
 * - `blocked`: something in front of Vapi answered in its place, without effect
 */
type FaultKind = 'fault' | 'not-sent' | 'rate-limited' | 'unauthorized' | 'missing' | 'rejected' | 'blocked';

/** One failed request. Its message holds no part of a payload, a header or a key, so that it may be logged. */
export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault';
  readonly kind: FaultKind;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  /** True for a timeout that our caller's deadline has made shorter than Vapi may expect. */
  readonly isCutShort: boolean;
  /** Vapi's own words, for the caller's answer and not for the log. */
  readonly messages: readonly string[];

  constructor(kind: FaultKind, what: string, details: FaultDetails = {}) {
    super(what);
    this.kind = kind;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.isCutShort = details.isCutShort ?? false;
    this.messages = details.messages ?? [];
  }

  /** True for what the circuit breaker counts: the upstream failed, not the request. */
  get isUpstreamFailure(): boolean {
    return this.kind === 'fault' || this.kind === 'not-sent';
  }
}

interface FaultDetails {
  status?: number;
  retryAfterMs?: number;
  isCutShort?: boolean;
  messages?: readonly string[];
}

/** Vapi's error body. A body of another shape came from a proxy in front of it. */
const bodySchema = z.lazy(() => z.looseObject({ message: z.union([z.string(), z.array(z.string())]) }));

/** Errors of the connection attempt: nothing was sent. */
const NOT_SENT_CODES: readonly string[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/** A reply that is no success. `body` is its JSON, or text that is none. */
export interface NotSuccessful {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: unknown;
}

/** Reads a reply that is no success. `mask` is applied to Vapi's own words. */
export function statusFault({ status, headers, body }: NotSuccessful, mask: (text: string) => string): UpstreamFault {
  const retryAfterMs = readRetryAfter(headers);
  const parsed = bodySchema.safeParse(body);
  const messages = parsed.success ? [parsed.data.message].flat().map(mask).map(maskText) : undefined;
  const details = {
    status,
    retryAfterMs,
    messages,
  };
  return new UpstreamFault(kindOf(status, parsed.success), `status ${status}`, details);
}

function kindOf(status: number, isVapisOwn: boolean): FaultKind {
  if (status === 429) return 'rate-limited';
  if (status === 408 || status >= 500 || status < 400) return 'fault';
  if (status === 401) return 'unauthorized';
  if (status === 413) return 'rejected';
  if (!isVapisOwn) return 'blocked';
  if (status === 403) return 'unauthorized';
  return status === 404 ? 'missing' : 'rejected';
}

/** Reads the error of a request without a reply. */
export function connectionFault(error: unknown): UpstreamFault {
  // The handler's error for a connection that did not come about has no code: it is known by its text alone. Should
  // that change,
  // the request counts as one that may have been sent, which does no harm.
  const isConnectTimeout = Error.isError(error) && /did not establish a connection/.test(error.message);
  const code = isConnectTimeout ? 'CONNECT_TIMED_OUT' : findCode(error);
  const isSent = !isConnectTimeout && !(code && NOT_SENT_CODES.includes(code));
  return new UpstreamFault(isSent ? 'fault' : 'not-sent', `connection failed (${code ?? 'unknown'})`);
}

function findCode(error: unknown, depth = 0): string | undefined {
  if (!Error.isError(error) || depth > 5) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return findCode(error.cause, depth + 1);
}

/** `Retry-After` in milliseconds, from seconds or a date (RFC 9110, section 10.2.3). */
function readRetryAfter({ 'retry-after': value, date: now = '' }: NotSuccessful['headers']): number | undefined {
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  const since = Date.parse(now);
  return Number.isNaN(date) || Number.isNaN(since) ? undefined : Math.max(0, date - since);
}

/** The answer that a fault becomes when nothing more can be tried. */
export function toProblem(fault: UpstreamFault, options: { withoutEffect: boolean }): Problem {
  switch (fault.kind) {
    case 'rejected':
    case 'missing': {
      const messages = fault.messages.length > 0 ? fault.messages : [`Vapi answered with ${fault.message}`];
      return new Problem('VAPI_REJECTED', `Vapi: ${messages.join('; ')}`, {
        ...options,
        errors: messages.map(toFieldError),
      });
    }
    case 'unauthorized':
      return new Problem(
        'VAPI_UNAUTHORIZED',
        `Vapi does not accept the key (${fault.message}). Put a valid key into the secret and repeat the request.`,
        options,
      );
    case 'fault':
    case 'not-sent':
    case 'rate-limited':
    case 'blocked':
      return new Problem('VAPI_UNAVAILABLE', `Vapi could not be used: ${fault.message}. Repeat the request.`, {
        ...options,
        retryAfterSeconds: Math.max(1, Math.ceil((fault.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS) / 1000)),
      });
  }
}

const DEFAULT_RETRY_AFTER_MS = 5_000;

/** Vapi's messages begin with the field (`voice.voiceId must be …`) or with `property` and the field. */
function toFieldError(message: string): FieldError {
  const field = /^(?:property\s+|each value in\s+)?([A-Za-z][\w]*(?:\.[\w]+)*)\s/.exec(message)?.[1];
  return { field: field ?? 'body', detail: message };
}
