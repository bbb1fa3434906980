import { AssistantsClient } from '@vapi-ai/server-sdk/assistants';
import { LRUCache } from 'lru-cache';
import type { ApiKey } from '../domain/api-key.ts';
import type { Deadline } from '../domain/runtime.ts';
import type { VapiAccount, VapiAccounts } from '../domain/vapi-account.ts';
import { SdkVapiAccount } from './sdk-vapi-account.ts';
import { UpstreamPolicy } from './upstream-policy.ts';

/** One request to Vapi, for metrics. `status` is absent when there was no reply. */
export interface UpstreamCall {
  verb: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'LIST';
  outcome: 'ok' | 'fault' | 'refused';
  status?: number;
  durationMs: number;
}

/** How long requests may take and how long retries pause, in ms. */
export interface UpstreamTiming {
  longestAttemptMs: number;
  firstPauseMs: number;
}

const TIMING: UpstreamTiming = { longestAttemptMs: 20_000, firstPauseMs: 400 };

export interface VapiAccountsOptions {
  baseUrl: string;
  now: () => number;
  random: () => number;
  onCall: (call: UpstreamCall) => void;
  onCircuit: (state: 'open' | 'closed') => void;
  timing?: UpstreamTiming;
}

/** Accounts whose client and circuit are kept at a time. */
const MAX_ACCOUNTS = 500;

/**
 * Opens Vapi accounts through the official SDK. Client and circuit breaker belong to the key, for as long as this
 * environment lives: the failures of one account never stop another.
 */
export function makeVapiAccounts(options: VapiAccountsOptions): VapiAccounts {
  const { longestAttemptMs, firstPauseMs } = options.timing ?? TIMING;
  const accounts = new LRUCache<string, { client: AssistantsClient; policy: UpstreamPolicy }>({ max: MAX_ACCOUNTS });

  function shared(apiKey: ApiKey): { client: AssistantsClient; policy: UpstreamPolicy } {
    const known = accounts.get(apiKey.fingerprint);
    if (known) return known;
    const client = new AssistantsClient({ token: () => apiKey.reveal(), baseUrl: options.baseUrl, maxRetries: 0 });
    const policy = new UpstreamPolicy({ random: options.random, onCircuit: options.onCircuit, firstPauseMs });
    accounts.set(apiKey.fingerprint, { client, policy });
    return { client, policy };
  }

  return {
    open: (apiKey: ApiKey, deadline: Deadline): VapiAccount => {
      const { now, onCall } = options;
      const { fingerprint: keyFingerprint } = apiKey;
      return new SdkVapiAccount({ ...shared(apiKey), keyFingerprint, deadline, longestAttemptMs, now, onCall });
    },
  };
}
