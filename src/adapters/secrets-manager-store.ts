import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import QuickLRU from 'quick-lru';
import * as z from 'zod/mini';
import { invalid, type SecretLookup, type SecretName, type SecretStore } from '../domain/account/credentials.ts';
import { Problem } from '../domain/problem.ts';

interface SecretsManagerStoreOptions {
  client: SecretsManagerClient;
  /** First part of every secret's name, without a slash at the end. */
  prefix: string;
  /** Epoch ms. */
  now: () => number;
}

type Remembered = { kind: 'found'; text: string } | { kind: 'absent' };

/**
 * The number of secrets that are remembered at least; the least recently used are dropped when there are twice as many.
 */
const MAX_REMEMBERED = 1_000;
const FOUND_TTL_MS = 5 * 60_000;
/** Shorter: an organisation that was just given its own key waits for this long. */
const ABSENT_TTL_MS = 60_000;

/** Temporary faults, and after how many seconds another try makes sense. */
const PASSING: Readonly<Record<string, number>> = {
  ThrottlingException: 2,
  InternalServiceError: 2,
  TimeoutError: 2,
};

/**
 * Secrets in AWS Secrets Manager, remembered for minutes. Only `ResourceNotFoundException` is an absent secret;
 * everything else (denied, throttled, cannot be decrypted, scheduled for deletion) is thrown as `CREDENTIALS_INVALID`.
 */
export class SecretsManagerStore implements SecretStore {
  readonly #options: SecretsManagerStoreOptions;
  readonly #remembered = new QuickLRU<string, Remembered & { until: number }>({ maxSize: MAX_REMEMBERED });
  /** Requests under way: others who ask meanwhile get the same answer, which counts as fresh. */
  readonly #pending = new Map<string, Promise<Remembered>>();

  constructor(options: SecretsManagerStoreOptions) {
    this.#options = options;
  }

  async read(name: SecretName): Promise<SecretLookup> {
    const id = this.idOf(name);
    const remembered = this.#recall(id);
    if (remembered) return { ...remembered, cached: true };
    const fresh = await (this.#pending.get(id) ?? this.#begin(id));
    return { ...fresh, cached: false };
  }

  /** Also drops a request that is under way: the next read is a new one. */
  forget(name: SecretName): void {
    const id = this.idOf(name);
    this.#remembered.delete(id);
    this.#pending.delete(id);
  }

  #recall(id: string): Remembered | undefined {
    const remembered = this.#remembered.get(id);
    if (!remembered) return undefined;
    const { until, ...answer } = remembered;
    return this.#options.now() < until ? answer : undefined;
  }

  async #begin(id: string): Promise<Remembered> {
    const reading = this.#fetch(id);
    this.#pending.set(id, reading);
    try {
      const fresh = await reading;
      if (this.#pending.get(id) === reading) {
        const ttlMs = fresh.kind === 'found' ? FOUND_TTL_MS : ABSENT_TTL_MS;
        this.#remembered.set(id, { ...fresh, until: this.#options.now() + ttlMs });
      }
      return fresh;
    } finally {
      if (this.#pending.get(id) === reading) this.#pending.delete(id);
    }
  }

  async #fetch(id: string): Promise<Remembered> {
    try {
      const { SecretString } = await this.#options.client.send(new GetSecretValueCommand({ SecretId: id }));
      if (SecretString === undefined) throw invalid(id, 'is binary; store it as text');
      return { kind: 'found', text: SecretString };
    } catch (error) {
      if (!Error.isError(error) || error instanceof Problem) throw error;
      if (error.name === 'ResourceNotFoundException') return { kind: 'absent' };
      throw unreadable(id, error);
    }
  }

  idOf(name: SecretName): string {
    return `${this.#options.prefix}/${name.kind === 'platform' ? 'platform' : `orgs/${name.orgId}`}`;
  }
}

function unreadable(id: string, error: Error): Error {
  const retryAfterSeconds = PASSING[error.name] ?? (isNetworkError(error) ? 2 : undefined);
  const options = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return invalid(id, `could not be read (${error.name})`, { ...options, cause: error });
}

/** The SDK marks every failed request with its metadata; without a status there was no reply. */
const noReplySchema = z.looseObject({ $metadata: z.looseObject({ httpStatusCode: z.optional(z.undefined()) }) });

function isNetworkError(error: Error): boolean {
  return noReplySchema.safeParse(error).success;
}
