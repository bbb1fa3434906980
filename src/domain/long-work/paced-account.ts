import type { Resource, VapiAccount, VapiCollection, VapiPhoneNumbers, VapiTraffic } from '../account/vapi-account.ts';
import type { Runtime } from '../runtime.ts';

/** What requests ask for: assistants (`lists`, `gets`), phone numbers, tools, traffic allocations. */
export const CALL_KINDS = ['lists', 'gets', 'numbers', 'tools', 'traffic'] as const;
type CallKind = (typeof CALL_KINDS)[number];

/** The number of requests made through an account, by what they asked for. */
type Calls = Record<CallKind, number>;

/** An account that is asked no faster than agreed, and counts its requests. */
export interface PacedAccount extends VapiAccount {
  readonly calls: Calls;
}

/** Keeps the pace of each account for as long as the environment lives. */
export interface Pacer {
  paced(account: VapiAccount, callsPerSecond: number): PacedAccount;
}

/** Unused turns that may be made up for, in ms: a pause between two pages then costs nothing. */
const CREDIT_MS = 1_000;

/** Makes a pacer: background work pauses between its calls, so that Vapi's limits are left to the calls of users. */
export function makePacer(runtime: Runtime): Pacer {
  const nextAt = new Map<string, number>();

  async function turn({ keyFingerprint }: VapiAccount, callsPerSecond: number): Promise<void> {
    const now = runtime.now();
    const at = Math.max(now - CREDIT_MS, nextAt.get(keyFingerprint) ?? now);
    nextAt.set(keyFingerprint, at + 1000 / callsPerSecond);
    if (at > now) await runtime.sleep(at - now);
  }

  return { paced: (account, callsPerSecond) => pace(account, () => turn(account, callsPerSecond)) };
}

/** Called before each request; counts it by what it asks for. */
type Before = (kind?: CallKind) => Promise<void>;

function pace(account: VapiAccount, turn: () => Promise<void>): PacedAccount {
  const calls: Calls = { lists: 0, gets: 0, numbers: 0, tools: 0, traffic: 0 };
  let shown: Resource | undefined;
  const before: Before = async (kind) => {
    await turn();
    if (kind) calls[kind] += 1;
  };
  const assistants = paceCollection(account.assistants, before, { get: 'gets', list: 'lists' });
  return {
    keyFingerprint: account.keyFingerprint,
    calls,
    assistants: {
      ...assistants,
      list: async (query) => {
        const listed = await assistants.list(query);
        shown = listed[0] ?? shown;
        return listed;
      },
    },
    tools: paceCollection(account.tools, before, { get: 'tools', list: 'tools' }),
    phoneNumbers: paceNumbers(account.phoneNumbers, before),
    traffic: paceTraffic(account.traffic, before),
    named: async (kind) => {
      await before();
      return await account.named(kind);
    },
    whose: async () => {
      // Any assistant of the account that was seen tells it.
      if (shown) return shown.vapiOrgId;
      await before('lists');
      return await account.whose();
    },
  };
}

function paceCollection(
  collection: VapiCollection,
  before: Before,
  counted: Readonly<Record<'get' | 'list', CallKind>>,
): VapiCollection {
  return {
    get: async (id) => {
      await before(counted.get);
      return await collection.get(id);
    },
    create: async (payload) => {
      await before();
      return await collection.create(payload);
    },
    update: async (id, patch) => {
      await before();
      return await collection.update(id, patch);
    },
    remove: async (id) => {
      await before();
      return await collection.remove(id);
    },
    list: async (query) => {
      await before(counted.list);
      return await collection.list(query);
    },
  };
}

function paceTraffic(traffic: VapiTraffic, before: Before): VapiTraffic {
  /** No request is made for an account that is known to have no access. */
  const beforeAsking = async () => {
    if (traffic.hasAccess !== false) await before('traffic');
  };
  return {
    get hasAccess() {
      return traffic.hasAccess;
    },
    latest: async (assistantId) => {
      await beforeAsking();
      return await traffic.latest(assistantId);
    },
    list: async (query) => {
      await beforeAsking();
      return await traffic.list(query);
    },
    followLatest: (assistantId, guardId) => traffic.followLatest(assistantId, guardId),
    versions: (assistantId) => traffic.versions(assistantId),
    nameVersion: (assistantId, version, name) => traffic.nameVersion(assistantId, version, name),
  };
}

function paceNumbers(numbers: VapiPhoneNumbers, before: Before): VapiPhoneNumbers {
  return {
    get: async (id) => {
      await before('numbers');
      return await numbers.get(id);
    },
    list: async (query) => {
      await before('numbers');
      return await numbers.list(query);
    },
    assign: (id, assistantId) => numbers.assign(id, assistantId),
  };
}
