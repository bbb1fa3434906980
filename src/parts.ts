import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { HttpRequest } from '@smithy/core/protocols';
import { SigningHash } from './adapters/signing-hash.ts';
import type { UpstreamTiming } from './adapters/vapi/accounts.ts';
import type { Runtime } from './domain/runtime.ts';
import { readSettings, type Settings } from './settings.ts';

/** Waits for AWS are bounded: a hanging table must not eat the time that recording an outcome needs. */
const AWS_REQUEST = {
  // Without this, each command sorts the middleware anew.
  cacheMiddleware: true,
  // Without `throwOnRequestTimeout` the SDK only warns and goes on waiting.
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  maxAttempts: 3,
  sha256: SigningHash,
} as const;

/** Clock, pauses and chance of this process. */
export const systemRuntime: Runtime = {
  now: () => Date.now(),
  sleep: async (ms) => {
    await sleep(ms);
  },
  random: () => Math.random(),
  uniqueId: () => randomUUID(),
};

/** The AWS clients. */
interface Clients {
  dynamo: DynamoDBClient;
  secrets: SecretsManagerClient;
  queue: SQSClient;
}

/** The parts that an application is made of. */
export interface ApplicationParts {
  settings: Settings;
  runtime: Runtime;
  clients: Clients;
  upstreamTiming?: UpstreamTiming;
}

/** Without the clients of queue and secrets, which `status` does not load: its bundle is a third smaller. */
export type TableParts = Pick<ApplicationParts, 'settings' | 'runtime'> & { clients: Pick<Clients, 'dynamo'> };

export type QueueParts = TableParts & { clients: Pick<Clients, 'queue'> };

export type BusParts = TableParts & { clients: { bus: EventBridgeClient } };

/** A middleware that changes a request before it is signed. */
type Building = <Given extends { request: unknown }, Sent>(
  next: (given: Given) => Promise<Sent>,
) => (given: Given) => Promise<Sent>;

/** The part of a client's middleware stack that is used here. */
interface Middleware {
  remove(name: string): boolean;
  add(middleware: Building, options: { step: 'build'; name: string }): void;
}

/**
 * Removes the middleware that goes through every request and answer for a debug log that is off, and replaces the user
 * agent, which is otherwise computed for each request, by a fixed one; CloudTrail shows it.
 */
export function lean<C extends { middlewareStack: Middleware }>(client: C): C {
  client.middlewareStack.remove('loggerMiddleware');
  client.middlewareStack.remove('getUserAgentMiddleware');
  client.middlewareStack.add(named, { step: 'build', name: 'userAgent' });
  return client;
}

const named: Building = (next) => async (given) => {
  if (HttpRequest.isInstance(given.request)) given.request.headers['user-agent'] = 'vapi-sync';
  return await next(given);
};

/** The parts of a function that uses only the table. Throws `SettingsError`, as do the functions below. */
export function systemTable(): TableParts {
  return {
    settings: readSettings(),
    runtime: systemRuntime,
    clients: { dynamo: lean(new DynamoDBClient(AWS_REQUEST)) },
  };
}

/** The same with the task queue. */
export function systemTableAndQueue(): QueueParts {
  const { clients, ...parts } = systemTable();
  return { ...parts, clients: { ...clients, queue: lean(new SQSClient(AWS_REQUEST)) } };
}

/** All parts. */
export function systemParts(): ApplicationParts {
  const { clients, ...parts } = systemTableAndQueue();
  return { ...parts, clients: { ...clients, secrets: lean(new SecretsManagerClient(AWS_REQUEST)) } };
}

/** The same with the event bus. */
export function systemTableAndBus(): BusParts {
  const { clients, ...parts } = systemTable();
  return { ...parts, clients: { ...clients, bus: lean(new EventBridgeClient(AWS_REQUEST)) } };
}
