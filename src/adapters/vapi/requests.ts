import { TimeoutStrategy, timeout } from 'cockatiel';
import * as z from 'zod/mini';
import type { ApiKey } from '../../domain/account/api-key.ts';
import type { Resource } from '../../domain/account/vapi-account.ts';
import { isJsonObject } from '../../domain/json.ts';
import { Problem } from '../../domain/problem.ts';
import type { Deadline } from '../../domain/runtime.ts';
import { FINISH_RESERVE_MS } from '../../domain/timing.ts';
import { connectionFault, toProblem, UpstreamFault } from './fault.ts';
import type { VapiHttp, VapiRequest } from './http.ts';
import type { UpstreamPolicy } from './policy.ts';

/** One request to Vapi, for the metrics. `status` is absent when there was no reply. */
export interface UpstreamCall {
  verb: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'LIST';
  resource: 'assistant' | 'tool' | 'phone-number' | 'traffic' | 'named';
  outcome: 'ok' | 'fault' | 'refused';
  status?: number;
  durationMs: number;
}

/** The longest that one request may take, in ms; a shorter deadline wins. */
const ATTEMPT_TIMEOUT_MS = { GET: 8_000, LIST: 10_000, PATCH: 12_000, DELETE: 10_000, POST: 20_000 } as const;

/** With less time left than this, no request is sent, in ms. */
const MIN_ATTEMPT_MS = 250;

interface UpstreamRequestsOptions {
  http: VapiHttp;
  apiKey: ApiKey;
  resource: UpstreamCall['resource'];
  policy: UpstreamPolicy;
  deadline: Deadline;
  longestAttemptMs: number;
  now: () => number;
  onCall: (call: UpstreamCall) => void;
}

/** The request; its method follows from the verb. */
type Sent = Omit<VapiRequest, 'method'>;

interface Request<T> {
  verb: UpstreamCall['verb'];
  request: Sent;
  /** Reads the JSON of the reply. Throws an `UpstreamFault` when it is not as expected. */
  read: (reply: unknown) => T;
  /** What a 404 means; without it a 404 is a problem. */
  whenMissing?: T;
  /** What a 403 of Vapi's own means. */
  whenForbidden?: T;
}

interface Sending<T> extends Request<T> {
  timeoutMs: number;
  isCutShort: boolean;
}

/**
 * Requests about one kind of resource in one account: bounded in time, behind the account's circuit, repeated by verb.
 */
export class UpstreamRequests {
  readonly #options: UpstreamRequestsOptions;

  constructor(options: UpstreamRequestsOptions) {
    this.#options = options;
  }

  /** Sends a POST, once. Throws a `Problem` only when it is certain that it had no effect. */
  async post<T>(
    request: Sent,
    read: Request<T>['read'],
  ): Promise<{ kind: 'replied'; reply: T } | { kind: 'unknown'; cause: unknown }> {
    try {
      return { kind: 'replied', reply: await this.#once({ verb: 'POST', request, read }) };
    } catch (error) {
      if (!(error instanceof UpstreamFault)) throw error;
      if (error.kind === 'fault') return { kind: 'unknown', cause: error };
      throw toProblem(error, { withoutEffect: true });
    }
  }

  /** Sends a request that may be repeated, as often as time and the circuit allow. */
  async repeatedly<T>(request: Request<T>): Promise<T> {
    const { policy, deadline } = this.#options;
    let withoutEffect = true;
    const attempt = async () => {
      try {
        return await this.#once(request);
      } catch (error) {
        if (error instanceof UpstreamFault && error.kind === 'fault') withoutEffect = false;
        throw error;
      }
    };
    try {
      return await policy.repeatedly(attempt, deadline);
    } catch (error) {
      if (!(error instanceof UpstreamFault)) throw error;
      if (error.kind === 'missing' && request.whenMissing !== undefined) return request.whenMissing;
      if (error.status === 403 && request.whenForbidden !== undefined) return request.whenForbidden;
      throw toProblem(error, { withoutEffect });
    }
  }

  /**
   * Sends one request, if there is time. The time is checked before the circuit breaker, which must not count a lack of
   * time as a failure.
   */
  async #once<T>(request: Request<T>): Promise<T> {
    const { deadline, longestAttemptMs, policy } = this.#options;
    const leftMs = deadline.remainingMs() - FINISH_RESERVE_MS;
    if (leftMs < MIN_ATTEMPT_MS) {
      const detail = 'No time is left to ask Vapi. Repeat the request.';
      throw new Problem('VAPI_UNAVAILABLE', detail, { withoutEffect: true });
    }
    const fullMs = Math.min(ATTEMPT_TIMEOUT_MS[request.verb], longestAttemptMs);
    const timeoutMs = Math.min(fullMs, leftMs);
    return await policy.once(() => this.#send({ ...request, timeoutMs, isCutShort: timeoutMs < fullMs }));
  }

  async #send<T>({ verb, request, read, timeoutMs, isCutShort }: Sending<T>): Promise<T> {
    const { http, apiKey, resource, now, onCall } = this.#options;
    const started = now();
    // The timeout also covers the body, and a connection that is closed without a reply.
    const limit = timeout(timeoutMs, { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false });
    let isLate = false;
    limit.onTimeout(() => {
      isLate = true;
    });
    const exchange = async (signal: AbortSignal) =>
      read(await http({ method: methodOf(verb), ...request }, apiKey, signal));
    const sent = await settled(limit.execute(({ signal }) => exchange(signal)));
    const durationMs = now() - started;
    if ('value' in sent) {
      onCall({ verb, resource, outcome: 'ok', durationMs });
      return sent.value;
    }
    const fault = isLate ? new UpstreamFault('fault', 'no reply in time', { isCutShort }) : asFault(sent.error);
    const outcome = fault.isUpstreamFailure ? 'fault' : 'refused';
    onCall({ verb, resource, outcome, status: fault.status, durationMs });
    throw fault;
  }
}

function methodOf(verb: UpstreamCall['verb']): VapiRequest['method'] {
  return verb === 'LIST' ? 'GET' : verb;
}

function asFault(error: unknown): UpstreamFault {
  return error instanceof UpstreamFault ? error : connectionFault(error);
}

async function settled<T>(sending: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await sending };
  } catch (error) {
    return { error };
  }
}

const resourceSchema = z.looseObject({
  id: z.string().check(z.minLength(1)),
  orgId: z.string(),
  createdAt: z.string(),
});

/** Reads a resource. Throws an `UpstreamFault` for anything else: the reply may have been cut off, or be a proxy's. */
export function toResource(reply: unknown): Resource {
  const parsed = resourceSchema.safeParse(reply);
  if (!parsed.success || !isJsonObject(reply)) throw unreadable();
  const { id: _id, orgId: _orgId, createdAt: _createdAt, updatedAt: _updatedAt, ...config } = reply;
  return { id: parsed.data.id, vapiOrgId: parsed.data.orgId, createdAt: parsed.data.createdAt, config };
}

/** Reads a list of resources. */
export function toResources(reply: unknown): Resource[] {
  if (!Array.isArray(reply)) throw unreadable();
  return reply.map(toResource);
}

/** The fault of a reply that cannot be understood. */
export function unreadable(): UpstreamFault {
  return new UpstreamFault('fault', 'unreadable reply');
}
