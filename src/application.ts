import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoMappingStore } from './adapters/dynamo-mapping-store.ts';
import { DynamoSpecHistory } from './adapters/dynamo-spec-history.ts';
import { DynamoSpecStore } from './adapters/dynamo-spec-store.ts';
import { DynamoToolStore } from './adapters/dynamo-tool-store.ts';
import { DynamoVerificationRuns } from './adapters/dynamo-verification-runs.ts';
import { recordCall, recordCircuit, type Telemetry } from './adapters/powertools-journal.ts';
import { SecretsManagerStore } from './adapters/secrets-manager-store.ts';
import { SqsTaskQueue } from './adapters/sqs-task-queue.ts';
import { makeVapiAccounts, type UpstreamTiming } from './adapters/vapi-accounts.ts';
import type { SyncDependencies } from './domain/operation.ts';
import type { Runtime } from './domain/runtime.ts';
import type { VerificationRuns } from './domain/verification/verification-run.ts';
import type { VoicePolicy } from './domain/voice.ts';
import { readSettings, type Settings } from './settings.ts';

/** All that a handler works with. */
export interface Application {
  sync: SyncDependencies;
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
  return {
    telemetry,
    queue,
    verificationRuns: new DynamoVerificationRuns(table),
    voicePolicy: settings.voicePolicy,
    orgClaim: settings.orgClaim,
    sync: {
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
    },
  };
}
