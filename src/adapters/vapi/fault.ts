import * as z from 'zod/mini';
import { maskText } from '../../domain/configuration/masking.ts';
import { type FieldError, Problem, secondsOf } from '../../domain/problem.ts';

/**
 * What went wrong with one request to Vapi.
 * - `fault`: no usable reply; whether the request had an effect is unknown (5xx, timeout, lost connection, unreadable
 *   body)
 * - `not-sent`: the request never reached Vapi
 * - `rate-limited`: refused for now, without effect
 * - `unauthorized`, `missing`, `rejected`: a definite answer of Vapi
 * - `conflict`: refused because of a change or a pin of somebody else, without effect; `code` says which
 * - `blocked`: something in front of Vapi answered in its place, without effect
 */
type FaultKind =
  | 'fault'
  | 'not-sent'
  | 'rate-limited'
  | 'unauthorized'
  | 'missing'
  | 'rejected'
  | 'conflict'
  | 'blocked';

/** One failed request. Its message holds no part of a payload, a header or a key, so that it may be logged. */
export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault';
  readonly kind: FaultKind;
  readonly status: number | undefined;
  /** Vapi's own code of a conflict. */
  readonly code: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** True for a timeout that is shorter than Vapi may expect, because the caller's deadline was near. */
  readonly isCutShort: boolean;
  /** Vapi's own words: for the answer to the caller, not for the log. */
  readonly messages: readonly string[];

  constructor(kind: FaultKind, what: string, details: FaultDetails = {}) {
    super(what);
    this.kind = kind;
    this.status = details.status;
    this.code = details.code;
    this.retryAfterMs = details.retryAfterMs;
    this.isCutShort = details.isCutShort ?? false;
    this.messages = details.messages ?? [];
  }

  /** True for faults that the circuit breaker counts: Vapi failed, not the request. */
  get isUpstreamFailure(): boolean {
    return this.kind === 'fault' || this.kind === 'not-sent';
  }
}

interface FaultDetails {
  status?: number;
  code?: string;
  retryAfterMs?: number;
  isCutShort?: boolean;
  messages?: readonly string[];
}

/** Vapi's error body. A body of another shape came from a proxy in front of it. */
const word = z.catch(z.optional(z.string()), undefined);
const bodySchema = z.lazy(() =>
  z.looseObject({
    message: z.union([z.string(), z.array(z.string())]),
    code: word,
    error: word,
  }),
);

/** Errors of the connection attempt: nothing was sent. */
const NOT_SENT_CODES: readonly string[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/** A reply other than a success. `body` is its JSON, or its text when it is not JSON. */
export interface NotSuccessful {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: unknown;
}

/** Turns a reply other than a success into a fault. `mask` is applied to Vapi's own words. */
export function statusFault({ status, headers, body }: NotSuccessful, mask: (text: string) => string): UpstreamFault {
  const retryAfterMs = readRetryAfter(headers);
  const parsed = bodySchema.safeParse(body);
  const messages = parsed.success ? [parsed.data.message].flat().map(mask).map(maskText) : undefined;
  // Older conflicts have their code in `error`.
  const code = parsed.success ? (parsed.data.code ?? parsed.data.error) : undefined;
  const details = { status, code, retryAfterMs, messages };
  return new UpstreamFault(kindOf(status, parsed.success), `status ${status}`, details);
}

function kindOf(status: number, isVapisOwn: boolean): FaultKind {
  if (status === 429) return 'rate-limited';
  if (status === 408 || status >= 500 || status < 400) return 'fault';
  if (status === 401) return 'unauthorized';
  if (status === 413) return 'rejected';
  if (!isVapisOwn) return 'blocked';
  if (status === 403) return 'unauthorized';
  if (status === 409) return 'conflict';
  return status === 404 ? 'missing' : 'rejected';
}

/** Turns the error of a request without a reply into a fault. */
export function connectionFault(error: unknown): UpstreamFault {
  // The handler's error for a failed connection has no code, only this text. Should the text change, the request counts
  // as one that may have been sent, which does no harm.
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

/** The problem that a fault becomes when nothing more can be tried. */
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
    case 'conflict':
      return conflict(fault, options);
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
        retryAfterSeconds: secondsOf(fault.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS),
      });
  }
}

const DEFAULT_RETRY_AFTER_MS = 5_000;

/** What pins something at Vapi, and how to undo it, by the code of the refusal. */
const PINS: Readonly<Record<string, string>> = {
  assistant_pinned:
    'the assistant is pinned. An explicit traffic allocation, a squad or a workflow names one of its versions: take it off there (for traffic, a PUT with "traffic": "follow-latest" does it) and repeat the request',
  tool_pinned:
    'the tool is pinned. An assistant names one version of it in `model.toolRefs`: name the tool in `model.toolIds` there instead, and repeat the request',
};

/** Either somebody else wrote at the same time, which passes, or something is pinned, which does not. */
function conflict({ code = '', messages, retryAfterMs }: UpstreamFault, options: { withoutEffect: boolean }): Problem {
  const words = messages.length > 0 ? ` Vapi: ${messages.join('; ')}` : '';
  const pin = PINS[code];
  if (pin) return new Problem('PINNED', `Vapi refused because ${pin}.${words}`, options);
  return new Problem('VAPI_CONFLICT', `Somebody else has changed the same at Vapi. Repeat the request.${words}`, {
    ...options,
    retryAfterSeconds: secondsOf(retryAfterMs ?? CONFLICT_RETRY_AFTER_MS),
  });
}

const CONFLICT_RETRY_AFTER_MS = 2_000;

/** Vapi's messages begin with the field (`voice.voiceId must be …`) or with `property` and the field. */
function toFieldError(message: string): FieldError {
  const field = /^(?:property\s+|each value in\s+)?([A-Za-z][\w]*(?:\.[\w]+)*)\s/.exec(message)?.[1];
  return { field: field ?? 'body', detail: message };
}
