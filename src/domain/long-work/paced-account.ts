import type { Resource, VapiAccount, VapiCollection, VapiPhoneNumbers } from '../account/vapi-account.ts';
import type { Runtime } from '../runtime.ts';

/** Requests made through an account. */
interface Calls {
  lists: number;
  gets: number;
  /** About phone numbers. */
  numbers: number;
  /** About tools. */
  tools: number;
}

/** An account that is read no faster than agreed, and that knows how often it was asked. */
export interface PacedAccount extends VapiAccount {
  readonly calls: Calls;
  readonly numbers: Pick<VapiPhoneNumbers, 'get' | 'list'>;
  readonly tools: Pick<VapiCollection, 'get' | 'list'>;
}

/** What one key opens. */
interface Opened {
  account: VapiAccount;
  numbers: VapiPhoneNumbers;
  tools: VapiCollection;
}

/** Keeps the pace of each account for as long as the environment lives. */
export interface Pacer {
  paced(opened: Opened, callsPerSecond: number): PacedAccount;
}

/** Makes a pacer: drift checks wait between their calls, so that the calls of users find Vapi's limits unspent. */
export function makePacer(runtime: Runtime): Pacer {
  const nextAt = new Map<string, number>();

  async function turn(account: VapiAccount, callsPerSecond: number): Promise<void> {
    const now = runtime.now();
    const at = Math.max(now, nextAt.get(account.keyFingerprint) ?? now);
    nextAt.set(account.keyFingerprint, at + 1000 / callsPerSecond);
    if (at > now) await runtime.sleep(at - now);
  }

  return {
    paced: (opened, callsPerSecond) => pace(opened, () => turn(opened.account, callsPerSecond)),
  };
}

function pace({ account, numbers, tools }: Opened, turn: () => Promise<void>): PacedAccount {
  const calls: Calls = { lists: 0, gets: 0, numbers: 0, tools: 0 };
  let shown: Resource | undefined;
  const counted = (kind: keyof Calls) => async () => {
    await turn();
    calls[kind] += 1;
  };
  return {
    keyFingerprint: account.keyFingerprint,
    calls,
    numbers: paceReads(numbers, counted('numbers')),
    tools: paceReads(tools, counted('tools')),
    get: async (id) => {
      await turn();
      calls.gets += 1;
      return await account.get(id);
    },
    create: (payload) => account.create(payload),
    update: (id, patch) => account.update(id, patch),
    remove: async (id) => {
      await turn();
      return await account.remove(id);
    },
    whose: async () => {
      // It can be told from any assistant of it that was seen.
      if (shown) return shown.vapiOrgId;
      await turn();
      calls.lists += 1;
      return await account.whose();
    },
    list: async (query) => {
      await turn();
      calls.lists += 1;
      const assistants = await account.list(query);
      shown = assistants[0] ?? shown;
      return assistants;
    },
  };
}

interface Reads<Reply, Query, Item> {
  get(id: string): Promise<Reply>;
  list(query: Query): Promise<Item>;
}

function paceReads<Reply, Query, Item>(
  resource: Reads<Reply, Query, Item>,
  turn: () => Promise<void>,
): Reads<Reply, Query, Item> {
  return {
    get: async (id) => {
      await turn();
      return await resource.get(id);
    },
    list: async (query) => {
      await turn();
      return await resource.list(query);
    },
  };
}
