import type { JsonObject } from '../stack/json.ts';
import { Accounts } from './accounts.ts';
import { type FaultInput, FaultList } from './faults.ts';
import { insert, present } from './operations.ts';
import { type RecordedRequest, RequestLog } from './request-log.ts';
import type { ResourceName } from './resources.ts';
import { changeSettings, initialSettings, type Settings, type SettingsChange } from './settings.ts';
import { heardNow } from './traffic.ts';

/** A resource to add without validation, as if it were old. */
type Seed = {
  account: string;
  resource?: ResourceName;
  body: JsonObject;
  id?: string;
  createdAt?: string | number;
};

/** A configuration that callers hear, and its share. */
export type Heard = ReturnType<typeof heardNow>[number];

/** How a stand-in is started. */
export type VapiOptions = {
  /** Bearer keys and the account (Vapi's orgId) that each opens. */
  accounts?: Record<string, string>;
  /** The file that keeps the resources; in memory without one. */
  file?: string;
  port?: number;
  /** The clock behind createdAt, updatedAt and the list lag. */
  now?: () => number;
  /** First settings, as `configure` takes them. */
  settings?: SettingsChange;
};

/** The accounts of the embedded stack: one for the platform's key, one for acme's own key. */
export const LOCAL_ACCOUNTS: Record<string, string> = {
  'local-platform-key': '0a0a0a0a-0000-4000-8000-000000000001',
  'local-acme-key': '0a0a0a0a-0000-4000-8000-000000000002',
};

/** The state of a stand-in, apart from its transport. */
export class StandInState {
  readonly accounts: Accounts;
  readonly faults = new FaultList();
  readonly log = new RequestLog();
  readonly now: () => number;
  settings: Settings;

  constructor(options: VapiOptions) {
    this.accounts = new Accounts(options.file);
    this.now = options.now ?? Date.now;
    this.settings = changeSettings(initialSettings(options.accounts ?? LOCAL_ACCOUNTS), options.settings ?? {});
  }

  /** What an account holds of a kind, newest first, as replies show it. */
  resources(account: string, resource: ResourceName): JsonObject[] {
    const found = this.accounts.of(account, resource).all();
    return found.map((stored) => present({ settings: this.settings, resource }, stored)).reverse();
  }

  seed({ account, resource = 'assistant', body, id, createdAt }: Seed): JsonObject {
    const scope = { accounts: this.accounts, settings: this.settings, account, resource, now: this.now() };
    const time = createdAt === undefined ? scope.now : new Date(createdAt).getTime();
    return present(scope, insert(scope, body, { ...(id && { id }), createdAt: time }));
  }

  /** What callers of an assistant hear now: versions with their shares, in percent. */
  heard(account: string, assistantId: string): Heard[] {
    const { accounts, settings } = this;
    return heardNow({ accounts, settings, account, resource: 'assistant', now: this.now() }, assistantId);
  }

  configure(change: unknown): void {
    this.settings = changeSettings(this.settings, change);
  }

  clear(): void {
    this.accounts.clear();
    this.faults.clear();
    this.log.clear();
  }

  /** All resources, settings and waiting faults. */
  describe() {
    return { resources: this.accounts.all(), settings: this.settings, faults: this.faults.all() };
  }
}

/** A running stand-in for Vapi's HTTP interface, with ways to look into it and to disturb it. */
export type VapiStandIn = {
  /** The base URL, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Every request to a Vapi route so far, oldest first, also those that got no answer. */
  readonly requests: readonly RecordedRequest[];
  /** How many requests had this method and path (equal to a string, or matching an expression). */
  count(method: string, path?: string | RegExp): number;
  /** The assistants of an account (Vapi's orgId), newest first, as replies show them. */
  assistants(account: string): JsonObject[];
  /** The same for any kind. */
  resources(account: string, resource: ResourceName): JsonObject[];
  /** What callers of an assistant hear now: versions with their shares, in percent. */
  heard(account: string, assistantId: string): Heard[];
  /** Puts an assistant in, without validation. */
  seedAssistant(account: string, body: JsonObject, own?: Pick<Seed, 'id' | 'createdAt'>): JsonObject;
  /** Puts any resource in, without validation. */
  seed(seed: Seed): JsonObject;
  /** Makes matching requests go wrong; throws when the fault makes no sense. */
  inject(fault: FaultInput | unknown): void;
  clearFaults(): void;
  /** Changes settings; absent ones stay. Throws on an unknown setting. */
  configure(change: SettingsChange | unknown): void;
  clearRequests(): void;
  /** All resources, settings and waiting faults, for a look from outside. */
  state(): unknown;
  /** Forgets resources, faults and requests; settings stay. */
  clear(): void;
  /** Writes what is not on disk yet, synchronously. */
  flush(): void;
  /** Ends the server and every connection, hanging ones too. */
  close(): Promise<void>;
};
