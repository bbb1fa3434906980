import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Table } from './adapters/claimed-rows.ts';
import { DynamoFleetIndex } from './adapters/dynamo-fleet-index.ts';
import { DynamoMappingStore } from './adapters/dynamo-mapping-store.ts';
import { DynamoFindingStore, DynamoUnitStore } from './adapters/dynamo-run-parts.ts';
import { DynamoRunStore } from './adapters/dynamo-run-store.ts';
import { DynamoSpecHistory } from './adapters/dynamo-spec-history.ts';
import { DynamoSpecStore } from './adapters/dynamo-spec-store.ts';
import { DynamoToolStore } from './adapters/dynamo-tool-store.ts';
import { DynamoVerificationRuns } from './adapters/dynamo-verification-runs.ts';
import { recordCall, recordCircuit, type Telemetry } from './adapters/powertools-journal.ts';
import { SecretsManagerStore } from './adapters/secrets-manager-store.ts';
import { SqsTaskQueue } from './adapters/sqs-task-queue.ts';
import { makeVapiAccounts, type UpstreamTiming } from './adapters/vapi-accounts.ts';
import type { DriftDependencies } from './domain/drift/drift-dependencies.ts';
import { makeNumberShelf } from './domain/drift/number-book.ts';
import { makePacer } from './domain/drift/paced-account.ts';
import type { SyncDependencies } from './domain/operation.ts';
import type { Runtime } from './domain/runtime.ts';
import type { VerificationRuns } from './domain/verification/verification-run.ts';
import type { VoicePolicy } from './domain/voice.ts';
import { readSettings, type Settings } from './settings.ts';

/** All that a handler works with. */
export interface Application {
  sync: SyncDependencies;
  drift: DriftDependencies;
  queue: SqsTaskQueue;
  telemetry: Telemetry;
  verificationRuns: VerificationRuns;
  voicePolicy: VoicePolicy;
  /** Name of the token's claim for the organisation; undefined when callers sign with IAM. */
  orgClaim: string | undefined;
}

/** Waits for AWS are bounded: a hanging table must not eat the time that recording an outcome needs. */
const AWS_REQUEST = {
  // Without `throwOnRequestTimeout` the SDK only warns, and goes on waiting.
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  maxAttempts: 3,
} as const;

export const systemRuntime: Runtime = {
  now: () => Date.now(),
  sleep: async (ms) => {
    await sleep(ms);
  },
  random: () => Math.random(),
  uniqueId: () => randomUUID(),
};

/** The AWS clients. */
export interface Clients {
  dynamo: DynamoDBClient;
  secrets: SecretsManagerClient;
  queue: SQSClient;
}

export interface ApplicationParts {
  settings: Settings;
  runtime: Runtime;
  clients: Clients;
  upstreamTiming?: UpstreamTiming;
}

function systemParts(): ApplicationParts {
  return {
    settings: readSettings(),
    runtime: systemRuntime,
    clients: {
      dynamo: new DynamoDBClient(AWS_REQUEST),
      secrets: new SecretsManagerClient(AWS_REQUEST),
      queue: new SQSClient(AWS_REQUEST),
    },
  };
}

/** Puts everything together, once per execution environment. Throws `SettingsError`. */
export function makeApplication(parts: ApplicationParts = systemParts()): Application {
  const { settings, runtime, clients, upstreamTiming } = parts;
  const telemetry: Telemetry = { logger: new Logger(), metrics: new Metrics() };
  const table = { client: clients.dynamo, name: settings.tableName };
  const queue = new SqsTaskQueue({ client: clients.queue, url: settings.taskQueueUrl });
  const { now, random } = runtime;
  const sync: SyncDependencies = {
    mappings: new DynamoMappingStore(table),
    specs: new DynamoSpecStore(table),
    tools: new DynamoToolStore(table),
    tasks: queue,
    history: new DynamoSpecHistory(table),
    credentials: {
      secrets: new SecretsManagerStore({
        client: clients.secrets,
        prefix: settings.secretPrefix,
        now,
      }),
      platformKey: settings.platformKey,
    },
    vapi: makeVapiAccounts({
      baseUrl: settings.vapiBaseUrl,
      now,
      random,
      onCall: (call) => recordCall(telemetry, call),
      onCircuit: (state) => recordCircuit(telemetry, state),
      ...(upstreamTiming ? { timing: upstreamTiming } : {}),
    }),
    runtime,
    deployment: settings.deploymentId,
  };
  const verificationRuns = new DynamoVerificationRuns(table);
  const drift = driftOf(sync, { settings, table });
  const { voicePolicy, orgClaim } = settings;
  return { telemetry, queue, voicePolicy, orgClaim, sync, drift, verificationRuns };
}

function driftOf(sync: SyncDependencies, { settings, table }: { settings: Settings; table: Table }): DriftDependencies {
  return {
    ...sync,
    fleet: new DynamoFleetIndex(table),
    runs: new DynamoRunStore(table),
    units: new DynamoUnitStore(table),
    findings: new DynamoFindingStore(table),
    pacer: makePacer(sync.runtime),
    numbers: makeNumberShelf(),
    limits: settings.drift,
    mode: settings.driftMode,
  };
}
