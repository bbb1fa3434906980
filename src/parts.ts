import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { UpstreamTiming } from './adapters/vapi/accounts.ts';
import type { Runtime } from './domain/runtime.ts';
import { readSettings, type Settings } from './settings.ts';

/** Waits for AWS are bounded: a hanging table must not eat the time that recording an outcome needs. */
const AWS_REQUEST = {
  // Else each command sorts the middleware anew.
  cacheMiddleware: true,
  // Without `throwOnRequestTimeout` the SDK only warns, and goes on waiting.
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  maxAttempts: 3,
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

/** What an application is made of. */
export interface ApplicationParts {
  settings: Settings;
  runtime: Runtime;
  clients: Clients;
  upstreamTiming?: UpstreamTiming;
}

/**
 * One part less than the others have, and one bundle a third smaller: `status` loads no client that it does not use.
 */
export type TableParts = Pick<ApplicationParts, 'settings' | 'runtime'> & { clients: Pick<Clients, 'dynamo'> };

export type QueueParts = TableParts & { clients: Pick<Clients, 'queue'> };

export type BusParts = TableParts & { clients: { bus: EventBridgeClient } };

/** Without the middleware that walks every request and answer for a debug log that is off. */
export function unlogged<C extends { middlewareStack: { remove(name: string): boolean } }>(client: C): C {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}

/** Throws `SettingsError`, as all of these do. */
export function systemTable(): TableParts {
  return {
    settings: readSettings(),
    runtime: systemRuntime,
    clients: { dynamo: unlogged(new DynamoDBClient(AWS_REQUEST)) },
  };
}

/** The same with the task queue. */
export function systemTableAndQueue(): QueueParts {
  const { clients, ...parts } = systemTable();
  return { ...parts, clients: { ...clients, queue: unlogged(new SQSClient(AWS_REQUEST)) } };
}

/** All of them. */
export function systemParts(): ApplicationParts {
  const { clients, ...parts } = systemTableAndQueue();
  return { ...parts, clients: { ...clients, secrets: unlogged(new SecretsManagerClient(AWS_REQUEST)) } };
}

/** The table and the bus of events. */
export function systemTableAndBus(): BusParts {
  const { clients, ...parts } = systemTable();
  return { ...parts, clients: { ...clients, bus: unlogged(new EventBridgeClient(AWS_REQUEST)) } };
}
