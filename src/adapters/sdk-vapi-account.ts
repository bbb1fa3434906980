import type { AssistantsClient } from '@vapi-ai/server-sdk/assistants';
import * as z from 'zod/mini';
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import { Problem } from '../domain/problem.ts';
import type { Deadline } from '../domain/runtime.ts';
import { FINISH_RESERVE_MS } from '../domain/sync-timing.ts';
import type { Created, Found, LiveAssistant, Removed, Updated, VapiAccount } from '../domain/vapi-account.ts';
import { readFault, toProblem, UpstreamFault } from './upstream-fault.ts';
import type { UpstreamPolicy } from './upstream-policy.ts';
import type { UpstreamCall } from './vapi-accounts.ts';

/** The longest that one request may take, in ms; a shorter deadline wins. */
const ATTEMPT_TIMEOUT_MS = { GET: 8_000, LIST: 10_000, PATCH: 12_000, DELETE: 10_000, POST: 20_000 } as const;

/** Below this there is no point in sending a request. */
const MIN_ATTEMPT_MS = 250;

const assistantSchema = z.looseObject({
  id: z.string().check(z.minLength(1)),
  orgId: z.string(),
  createdAt: z.string(),
});

type CreateBody = Parameters<AssistantsClient['create']>[0];
type UpdateBody = Omit<Parameters<AssistantsClient['update']>[0], 'id'>;
/** The SDK sends what it is given: fields that are newer than its types reach Vapi too. */
const createBody = z.custom<CreateBody>((value) => typeof value === 'object' && value !== null);
const updateBody = z.custom<UpdateBody>((value) => typeof value === 'object' && value !== null);

interface RequestOptions {
  abortSignal: AbortSignal;
  timeoutInSeconds: number;
  maxRetries: 0;
}

export interface SdkVapiAccountOptions {
  client: AssistantsClient;
  policy: UpstreamPolicy;
  keyFingerprint: string;
  deadline: Deadline;
  longestAttemptMs: number;
  now: () => number;
  onCall: (call: UpstreamCall) => void;
}

/** One Vapi account through the official SDK, whose own retries are off: it would repeat a POST. */
export class SdkVapiAccount implements VapiAccount {
  readonly #options: SdkVapiAccountOptions;

  constructor(options: SdkVapiAccountOptions) {
    this.#options = options;
  }

  get keyFingerprint(): string {
    return this.#options.keyFingerprint;
  }

  async get(id: string): Promise<Found> {
    const { client } = this.#options;
    return await this.#repeatedly<Found>({
      verb: 'GET',
      send: async (options) => ({ kind: 'found', assistant: toAssistant(await client.get({ id }, options)) }),
      whenMissing: { kind: 'missing' },
    });
  }

  async create(payload: JsonObject): Promise<Created> {
    const { client } = this.#options;
    const send = async (options: RequestOptions) =>
      toAssistant(await client.create(createBody.parse(payload), options));
    try {
      return { kind: 'created', assistant: await this.#once('POST', send) };
    } catch (error) {
      if (!(error instanceof UpstreamFault)) throw error;
      if (error.kind === 'fault') return { kind: 'unknown', cause: error };
      throw toProblem(error, { withoutEffect: true });
    }
  }

  async update(id: string, patch: JsonObject): Promise<Updated> {
    const { client } = this.#options;
    const body = updateBody.parse(patch);
    return await this.#repeatedly<Updated>({
      verb: 'PATCH',
      send: async (options) => ({
        kind: 'updated',
        assistant: toAssistant(await client.update({ ...body, id }, options)),
      }),
      whenMissing: { kind: 'missing' },
    });
  }

  async remove(id: string): Promise<Removed> {
    const { client } = this.#options;
    return await this.#repeatedly<Removed>({
      verb: 'DELETE',
      send: async (options) => {
        await client.delete({ id }, options);
        return { kind: 'removed' };
      },
      whenMissing: { kind: 'missing' },
    });
  }

  async list({ since, until, limit }: { since?: string; until?: string; limit: number }): Promise<LiveAssistant[]> {
    const { client } = this.#options;
    const query = { limit, ...(since ? { createdAtGe: since } : {}), ...(until ? { createdAtLe: until } : {}) };
    return await this.#repeatedly({
      verb: 'LIST',
      send: async (options) => toList(await client.list(query, options)),
    });
  }

  async #repeatedly<T>(request: Request<T>): Promise<T> {
    const { policy, deadline } = this.#options;
    let withoutEffect = true;
    const attempt = async () => {
      try {
        return await this.#once(request.verb, request.send);
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
      throw toProblem(error, { withoutEffect });
    }
  }

  /** One request, if there is time for it. That is seen to before the circuit is asked: it must not count for it. */
  async #once<T>(verb: Verb, send: Request<T>['send']): Promise<T> {
    const { deadline, longestAttemptMs, policy } = this.#options;
    const leftMs = deadline.remainingMs() - FINISH_RESERVE_MS;
    if (leftMs < MIN_ATTEMPT_MS) {
      const detail = 'No time is left to ask Vapi. Repeat the request.';
      throw new Problem('VAPI_UNAVAILABLE', detail, { withoutEffect: true });
    }
    const fullMs = Math.min(ATTEMPT_TIMEOUT_MS[verb], longestAttemptMs);
    const timeoutMs = Math.min(fullMs, leftMs);
    return await policy.once(() => this.#send({ verb, send, timeoutMs, isCutShort: timeoutMs < fullMs }));
  }

  async #send<T>({ verb, send, timeoutMs, isCutShort }: Sending<T>): Promise<T> {
    const started = this.#options.now();
    // The SDK's own timeout ends with the headers; the signal covers the body too.
    const abortSignal = AbortSignal.timeout(timeoutMs);
    const sent = await settled(send({ abortSignal, timeoutInSeconds: Math.ceil(timeoutMs / 1000) + 1, maxRetries: 0 }));
    const durationMs = this.#options.now() - started;
    if ('value' in sent) {
      this.#options.onCall({ verb, outcome: 'ok', durationMs });
      return sent.value;
    }
    const fault = abortSignal.aborted
      ? new UpstreamFault('fault', 'no reply in time', { isCutShort })
      : readFault(sent.error);
    const outcome = fault.isUpstreamFailure ? 'fault' : 'refused';
    this.#options.onCall({ verb, outcome, ...(fault.status ? { status: fault.status } : {}), durationMs });
    throw fault;
  }
}

type Verb = UpstreamCall['verb'];

interface Request<T> {
  verb: Verb;
  send: (options: RequestOptions) => Promise<T>;
  whenMissing?: T;
}

interface Sending<T> extends Request<T> {
  timeoutMs: number;
  isCutShort: boolean;
}

async function settled<T>(sending: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await sending };
  } catch (error) {
    return { error };
  }
}

function toAssistant(reply: unknown): LiveAssistant {
  const parsed = assistantSchema.safeParse(reply);
  if (!parsed.success || !isJsonObject(reply)) throw new UpstreamFault('fault', 'unreadable reply');
  const { id: _id, orgId: _orgId, createdAt: _createdAt, updatedAt: _updatedAt, ...config } = reply;
  return { id: parsed.data.id, vapiOrgId: parsed.data.orgId, createdAt: parsed.data.createdAt, config };
}

function toList(reply: unknown): LiveAssistant[] {
  if (!Array.isArray(reply)) throw new UpstreamFault('fault', 'unreadable reply');
  return reply.map(toAssistant);
}
