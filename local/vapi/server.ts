import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type ListeningServer, listen, readBody, send } from '../stack/http-server.ts';
import { CONTROL_PREFIX, control } from './control.ts';
import { misbehave } from './misbehave.ts';
import type { RecordedRequest } from './request-log.ts';
import { type Call, route, unauthorized } from './router.ts';
import { StandInState, type VapiOptions, type VapiStandIn } from './stand-in.ts';

/** Starts a Vapi stand-in on 127.0.0.1; see `VapiOptions`. Its resources are those of the file, when one is given. */
export async function startVapi(options: VapiOptions = {}): Promise<VapiStandIn> {
  const state = new StandInState(options);
  const server = await listen((request, response) => {
    // A client that leaves in the middle of its request is no fault of the stand-in.
    handle({ request, response, state, standIn }).catch(() => response.destroy());
  }, options.port);
  const standIn = describe(state, server);
  return standIn;
}

function describe(state: StandInState, server: ListeningServer): VapiStandIn {
  return {
    url: server.url,
    port: server.port,
    requests: state.log.entries,
    count: (method, path) => state.log.count(method, path),
    assistants: (account) => state.resources(account, 'assistant'),
    resources: (account, resource) => state.resources(account, resource),
    seedAssistant: (account, body, own) => state.seed({ account, body, ...own }),
    seed: (seed) => state.seed(seed),
    heard: (account, assistantId) => state.heard(account, assistantId),
    inject: (fault) => state.faults.add(fault),
    clearFaults: () => state.faults.clear(),
    configure: (change) => state.configure(change),
    clearRequests: () => state.log.clear(),
    state: () => state.describe(),
    clear: () => state.clear(),
    flush: () => state.accounts.flush(),
    close: async () => {
      await server.close();
      state.accounts.flush();
    },
  };
}

type Exchange = { request: IncomingMessage; response: ServerResponse; state: StandInState; standIn: VapiStandIn };

async function handle({ request, response, state, standIn }: Exchange): Promise<void> {
  const call = await readCall(request);
  if (call.path.startsWith(CONTROL_PREFIX)) return send(response, control(call, standIn));
  const entry = record(call, request, state);
  if (state.settings.latencyMs > 0) await delay(state.settings.latencyMs);
  const behaviour = state.faults.take(entry);
  const serve = () => serveAs(entry.account, call, state);
  if (behaviour) {
    entry.status = await misbehave(behaviour, { response, serve });
    return;
  }
  const answer = serve();
  entry.status = answer.status;
  send(response, answer);
}

function serveAs(account: string | undefined, call: Call, state: StandInState) {
  const { accounts, settings, now } = state;
  return account === undefined ? unauthorized() : route(call, { accounts, settings, account, now: now() });
}

function record(call: Call, request: IncomingMessage, state: StandInState): RecordedRequest {
  const key = request.headers.authorization?.match(/^Bearer (.+)$/)?.[1];
  const { accounts } = state.settings;
  const account = key !== undefined && Object.hasOwn(accounts, key) ? accounts[key] : undefined;
  const body = call.body instanceof Error ? undefined : call.body;
  const entry = { ...call, at: new Date(state.now()).toISOString(), key, account, status: 0, body };
  state.log.add(entry);
  return entry;
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  const text = await readBody(request);
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    body: parseBody(text),
  };
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
