import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ListeningServer, listen, readBody, send } from '../stack/http-server.ts';
import { isJsonObject } from '../stack/json.ts';
import { markedForDeletion, notFound, SecretsError } from './errors.ts';
import { errorOf, type SecretFaultInput, SecretFaults } from './faults.ts';
import { SecretStore } from './store.ts';

/** A request that the stand-in saw; `outcome` is "ok", the name of an error, or how it was left without an answer. */
type SecretRequest = { at: string; operation: string; secret: string; outcome: string };

/** `file` keeps the secrets (in memory without one); `now` is the clock. */
type SecretsOptions = { file?: string; port?: number; now?: () => number };

/** A running stand-in for AWS Secrets Manager, as far as this service asks it: for the value of a secret. */
export type SecretsStandIn = {
  readonly url: string;
  readonly port: number;
  /** Every request so far, oldest first. */
  readonly requests: readonly SecretRequest[];
  /** Sets a secret's value: text as it is, anything else as JSON. Revives one that waits for deletion. */
  put(name: string, value: unknown): void;
  /** The current value, undefined when there is none. */
  get(name: string): string | undefined;
  /** Has a secret wait for its deletion, as the console does it. */
  markForDeletion(name: string): void;
  /** Removes a secret at once. */
  remove(name: string): void;
  names(): string[];
  /** Makes requests about a secret fail; throws when the fault makes no sense. */
  inject(fault: SecretFaultInput | unknown): void;
  clearFaults(): void;
  clearRequests(): void;
  /** Forgets secrets, faults and requests. */
  clear(): void;
  /** Writes what is not on disk yet, synchronously. */
  flush(): void;
  close(): Promise<void>;
};

type State = { store: SecretStore; faults: SecretFaults; requests: SecretRequest[]; now: () => number };

/** Starts a Secrets Manager stand-in on 127.0.0.1 that the AWS SDK can talk to. */
export async function startSecrets(options: SecretsOptions = {}): Promise<SecretsStandIn> {
  const state = {
    store: new SecretStore(options.file),
    faults: new SecretFaults(),
    requests: [],
    now: options.now ?? Date.now,
  };
  const server = await listen((request, response) => {
    handle(request, response, state).catch(() => response.destroy());
  }, options.port);
  return describe(state, server);
}

function describe({ store, faults, requests }: State, server: ListeningServer): SecretsStandIn {
  const clearRequests = () => requests.splice(0);
  return {
    url: server.url,
    port: server.port,
    requests,
    put: (name, value) => store.save({ name, value: textOf(value), isDeleted: false }),
    get: (name) => store.get(name)?.value,
    markForDeletion: (name) => store.save({ name, value: store.get(name)?.value ?? '', isDeleted: true }),
    remove: (name) => store.remove(name),
    names: () => store.names(),
    inject: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    clearRequests,
    clear: () => {
      store.clear();
      faults.clear();
      clearRequests();
    },
    flush: () => store.flush(),
    close: async () => {
      await server.close();
      store.flush();
    },
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function handle(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const input: unknown = JSON.parse(await readBody(request));
  const operation = String(request.headers['x-amz-target']).replace(/^secretsmanager\./, '');
  const secret = nameIn(input);
  const entry = { at: new Date(state.now()).toISOString(), operation, secret, outcome: 'ok' };
  state.requests.push(entry);
  const fault = state.faults.take(secret);
  if (fault) entry.outcome = fault;
  if (fault === 'hang') return;
  if (fault === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  try {
    if (fault) throw errorOf(fault, secret);
    reply(response, 200, run(operation, secret, state));
  } catch (error) {
    if (!(error instanceof SecretsError)) throw error;
    entry.outcome = error.name;
    reply(response, error.status, { __type: error.name, Message: error.message });
  }
}

function run(operation: string, name: string, { store }: State): unknown {
  if (operation !== 'GetSecretValue') {
    throw new SecretsError('UnknownOperationException', `The stand-in does not know ${operation}`);
  }
  const secret = store.get(name);
  if (!secret) throw notFound();
  if (secret.isDeleted) throw markedForDeletion();
  return { Name: name, SecretString: secret.value, VersionStages: ['AWSCURRENT'] };
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  send(response, {
    status,
    body,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() },
  });
}

function nameIn(input: unknown): string {
  if (!isJsonObject(input)) return '';
  return String(input.SecretId ?? '');
}
