import QuickLRU from 'quick-lru';
import type { ApiKey } from '../../domain/account/api-key.ts';
import type { NamedKind, VapiAccounts } from '../../domain/account/vapi-account.ts';
import type { Deadline } from '../../domain/runtime.ts';
import { JsonCollection } from './collection.ts';
import { makeVapiHttp } from './http.ts';
import { listNamed } from './named.ts';
import { JsonPhoneNumbers } from './phone-numbers.ts';
import { UpstreamPolicy } from './policy.ts';
import { type UpstreamCall, UpstreamRequests } from './requests.ts';
import { JsonTraffic, TrafficAccess } from './traffic.ts';

/** How long a request may take, and how long the first retry pauses, in ms. */
export interface UpstreamTiming {
  longestAttemptMs: number;
  firstPauseMs: number;
}

const TIMING: UpstreamTiming = { longestAttemptMs: 20_000, firstPauseMs: 400 };

interface VapiAccountsOptions {
  baseUrl: string;
  now: () => number;
  random: () => number;
  onCall: (call: UpstreamCall) => void;
  onCircuit: (state: 'open' | 'closed') => void;
  timing?: UpstreamTiming;
}

/**
 * The number of accounts whose circuit is kept at least; the least recently used are dropped when there are twice as
 * many.
 */
const MAX_ACCOUNTS = 500;

/**
 * Opens Vapi accounts. Each key has a circuit breaker of its own, for as long as this environment lives: failures of
 * one account never stop another.
 */
export function makeVapiAccounts(options: VapiAccountsOptions): VapiAccounts {
  const { baseUrl, now, random, onCall, onCircuit } = options;
  const { longestAttemptMs, firstPauseMs } = options.timing ?? TIMING;
  const http = makeVapiHttp({ baseUrl });
  const trafficAccess = new TrafficAccess(now);
  const policies = new QuickLRU<string, UpstreamPolicy>({ maxSize: MAX_ACCOUNTS });

  function policyOf({ fingerprint }: ApiKey): UpstreamPolicy {
    const policy = policies.get(fingerprint) ?? new UpstreamPolicy({ now, random, onCircuit, firstPauseMs });
    policies.set(fingerprint, policy);
    return policy;
  }

  function requests(apiKey: ApiKey, deadline: Deadline, resource: UpstreamCall['resource']): UpstreamRequests {
    const policy = policyOf(apiKey);
    return new UpstreamRequests({ http, apiKey, resource, policy, deadline, longestAttemptMs, now, onCall });
  }

  return {
    open: (apiKey, deadline) => {
      const assistants = new JsonCollection('/assistant', requests(apiKey, deadline, 'assistant'));
      const tools = new JsonCollection('/tool', requests(apiKey, deadline, 'tool'));
      const phoneNumbers = new JsonPhoneNumbers(requests(apiKey, deadline, 'phone-number'));
      const kinds = [() => assistants.list(ONE), () => tools.list(ONE), () => phoneNumbers.list(ONE)];
      const { fingerprint: keyFingerprint } = apiKey;
      const traffic = new JsonTraffic(requests(apiKey, deadline, 'traffic'), keyFingerprint, trafficAccess);
      const named = (kind: NamedKind) => listNamed(requests(apiKey, deadline, 'named'), kind);
      return { keyFingerprint, assistants, tools, phoneNumbers, traffic, named, whose: () => whose(kinds) };
    },
  };
}

const ONE = { limit: 1 };

/** Vapi's id of the account, read off the first thing that is in it. */
async function whose(
  kinds: readonly (() => Promise<readonly { vapiOrgId?: string }[]>)[],
): Promise<string | undefined> {
  for (const list of kinds) {
    const [first] = await list();
    if (first?.vapiOrgId) return first.vapiOrgId;
  }
  return undefined;
}
