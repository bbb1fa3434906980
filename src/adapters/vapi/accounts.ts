import { AssistantsClient } from '@vapi-ai/server-sdk/assistants';
import { PhoneNumbersClient } from '@vapi-ai/server-sdk/phoneNumbers';
import { ToolsClient } from '@vapi-ai/server-sdk/tools';
import QuickLRU from 'quick-lru';
import type { ApiKey } from '../../domain/account/api-key.ts';
import type { VapiAccounts } from '../../domain/account/vapi-account.ts';
import type { Deadline } from '../../domain/runtime.ts';
import { SdkVapiAccount } from './assistants.ts';
import { makeNodeFetcher } from './node-fetcher.ts';
import { SdkVapiPhoneNumbers } from './phone-numbers.ts';
import { UpstreamPolicy } from './policy.ts';
import { type UpstreamCall, UpstreamRequests } from './requests.ts';
import { SdkVapiTools } from './tools.ts';

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

/** Accounts whose clients and circuit are kept at least; the least recently used go first, when there are twice as many. */
const MAX_ACCOUNTS = 500;

interface Shared {
  policy: UpstreamPolicy;
  assistants: AssistantsClient;
  tools: ToolsClient;
  phoneNumbers: PhoneNumbersClient;
}

/**
 * Opens Vapi accounts through the official SDK. Clients and circuit breaker belong to the key, for as long as this
 * environment lives: the failures of one account never stop another.
 */
export function makeVapiAccounts(options: VapiAccountsOptions): VapiAccounts {
  const { baseUrl, now, random, onCall, onCircuit } = options;
  const { longestAttemptMs, firstPauseMs } = options.timing ?? TIMING;
  const fetcher = makeNodeFetcher();
  const accounts = new QuickLRU<string, Shared>({ maxSize: MAX_ACCOUNTS });

  function shared(apiKey: ApiKey): Shared {
    const known = accounts.get(apiKey.fingerprint);
    if (known) return known;
    const client = { token: () => apiKey.reveal(), baseUrl, maxRetries: 0, fetcher };
    const made = {
      policy: new UpstreamPolicy({ random, onCircuit, firstPauseMs }),
      assistants: new AssistantsClient(client),
      tools: new ToolsClient(client),
      phoneNumbers: new PhoneNumbersClient(client),
    };
    accounts.set(apiKey.fingerprint, made);
    return made;
  }

  function opened(apiKey: ApiKey, deadline: Deadline, resource: UpstreamCall['resource']) {
    const account = shared(apiKey);
    const { policy } = account;
    const requests = new UpstreamRequests({
      resource,
      policy,
      mask: (text) => apiKey.maskIn(text),
      deadline,
      longestAttemptMs,
      now,
      onCall,
    });
    return { ...account, sdk: { requests, keyFingerprint: apiKey.fingerprint } };
  }

  const tools: VapiAccounts['tools'] = (apiKey, deadline) => {
    const { tools: client, sdk } = opened(apiKey, deadline, 'tool');
    return new SdkVapiTools({ client, ...sdk });
  };
  const phoneNumbers: VapiAccounts['phoneNumbers'] = (apiKey, deadline) => {
    const { phoneNumbers: client, sdk } = opened(apiKey, deadline, 'phone-number');
    return new SdkVapiPhoneNumbers({ client, ...sdk });
  };
  return {
    tools,
    phoneNumbers,
    open: (apiKey, deadline) => {
      const { assistants: client, sdk } = opened(apiKey, deadline, 'assistant');
      const others = [tools, phoneNumbers].map((open) => () => open(apiKey, deadline).list({ limit: 1 }));
      return new SdkVapiAccount({ client, ...sdk, others });
    },
  };
}
