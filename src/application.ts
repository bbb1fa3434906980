import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { DynamoAssistantOwners } from './adapters/dynamodb/assistant-owners.ts';
import { DynamoChangeStore } from './adapters/dynamodb/change-store.ts';
import { DynamoFindingStore, DynamoUnitStore } from './adapters/dynamodb/drift/run-parts.ts';
import { DynamoRunStore } from './adapters/dynamodb/drift/run-store.ts';
import { DynamoStrayStore } from './adapters/dynamodb/drift/stray-store.ts';
import { DynamoFleetIndex } from './adapters/dynamodb/fleet-index.ts';
import { DynamoMappingStore } from './adapters/dynamodb/mapping-store.ts';
import { DynamoOrganisationStore } from './adapters/dynamodb/organisation-store.ts';
import { DynamoRolloutStore, DynamoTargetStore } from './adapters/dynamodb/rollouts/rollout-store.ts';
import type { Table } from './adapters/dynamodb/rows/claimed-rows.ts';
import { DynamoSpecHistory } from './adapters/dynamodb/spec-history.ts';
import { DynamoSpecStore } from './adapters/dynamodb/spec-store.ts';
import { DynamoTemplateStore } from './adapters/dynamodb/templates/template-store.ts';
import { DynamoVariableStore } from './adapters/dynamodb/templates/variable-store.ts';
import { DynamoToolStore } from './adapters/dynamodb/tool-store.ts';
import { DynamoVerificationRuns } from './adapters/dynamodb/verification-runs.ts';
import { EventBridgeBus } from './adapters/event-bus.ts';
import { SecretsManagerStore } from './adapters/secrets-manager-store.ts';
import { SqsTaskQueue } from './adapters/sqs-task-queue.ts';
import { recordCall, recordCircuit, type Telemetry } from './adapters/telemetry/journal.ts';
import { makeVapiAccounts } from './adapters/vapi/accounts.ts';
import { makeListCache } from './domain/account/list-cache.ts';
import type { OrganisationStore } from './domain/account/organisation-settings.ts';
import type { AnnounceDependencies } from './domain/changes/announce.ts';
import type { ChangeStore } from './domain/changes/change-store.ts';
import type { VoicePolicy } from './domain/configuration/voice.ts';
import type { DriftDependencies, DriftStart } from './domain/drift/drift-dependencies.ts';
import type { AssistantIndex } from './domain/fleet/assistant-index.ts';
import { makePacer, type Pacer } from './domain/long-work/paced-account.ts';
import type { MappingStore } from './domain/mapping/stores.ts';
import type { SyncDependencies } from './domain/operation.ts';
import type { RolloutDependencies } from './domain/rollouts/dependencies.ts';
import type { Runtime } from './domain/runtime.ts';
import type { TemplateDependencies } from './domain/templates/bind.ts';
import { NamedIds } from './domain/templates/resolve-references.ts';
import type { TemplateStore, VariableStore } from './domain/templates/template.ts';
import type { VerificationRuns } from './domain/verification/run.ts';
import {
  type ApplicationParts,
  type BusParts,
  type QueueParts,
  systemParts,
  systemTable,
  systemTableAndBus,
  systemTableAndQueue,
  type TableParts,
} from './parts.ts';
import type { Settings } from './settings.ts';

/** What every function needs. */
export interface HttpApplication {
  telemetry: Telemetry;
  runtime: Runtime;
  /** The claim of a token that names the organisation; undefined when callers sign with IAM. */
  orgClaim: string | undefined;
}

/** What `status` needs: it only reads the table. */
export interface StatusApplication extends HttpApplication {
  sync: Pick<SyncDependencies, 'mappings' | 'history' | 'specs'>;
  organisations: OrganisationStore;
}

/** What `fleet` needs: it only reads the table. */
export interface FleetApplication extends HttpApplication {
  fleet: { index: AssistantIndex; mappings: MappingStore; changes: ChangeStore };
}

/** What `announce` needs. */
export interface AnnounceApplication {
  telemetry: Telemetry;
  announce: Omit<AnnounceDependencies, 'journal'>;
}

/** What `templates` needs. */
export interface TemplatesApplication extends HttpApplication {
  templates: TemplateStore;
  variables: VariableStore;
  voicePolicy: VoicePolicy;
  inlineCredentials: boolean;
}

/** What `sync` needs. */
export interface SyncApplication extends HttpApplication {
  sync: SyncDependencies;
  templates: TemplateDependencies;
  queue: SqsTaskQueue;
  organisations: OrganisationStore;
  inlineCredentials: boolean;
  /** True for the service that a verification calls: only that may use its reserved organisations. */
  isVerification?: boolean;
}

/** What `drift` needs: it starts runs and shows them; the worker does the checks. */
export interface DriftApplication extends HttpApplication {
  drift: DriftStart & Pick<DriftDependencies, 'mode' | 'findings'>;
}

/** What `rollouts` needs. */
export interface RolloutApplication extends HttpApplication {
  rollouts: RolloutDependencies;
  /** Drift runs, as far as sending their tasks again needs them. */
  drift: Pick<DriftDependencies, 'runs' | 'units' | 'limits' | 'runtime' | 'tasks'>;
  /** After this long without progress a task counts as lost, in ms. */
  stalledMs: number;
}

/** What `verify` needs. */
export interface VerifyApplication extends SyncApplication {
  verificationRuns: VerificationRuns;
}

/** Everything: what `worker`, the tests and the scripts need. */
export interface Application extends VerifyApplication, FleetApplication, RolloutApplication {
  drift: DriftDependencies;
}

function makeTelemetry(): Telemetry {
  return { logger: new Logger(), metrics: new Metrics() };
}

function tableOf({ settings, clients }: TableParts): Table {
  return { client: clients.dynamo, name: settings.tableName };
}

/** Puts together what `status` needs. Throws `SettingsError`, as do all of these functions. */
export function makeStatusApplication(parts: TableParts = systemTable()): StatusApplication {
  const table = tableOf(parts);
  const { runtime, settings } = parts;
  const sync = {
    mappings: new DynamoMappingStore(table),
    history: new DynamoSpecHistory(table),
    specs: new DynamoSpecStore(table),
  };
  const organisations = new DynamoOrganisationStore(table);
  return { telemetry: makeTelemetry(), runtime, sync, organisations, orgClaim: settings.orgClaim };
}

/** Puts together what `fleet` needs. */
export function makeFleetApplication(parts: TableParts = systemTable()): FleetApplication {
  const table = tableOf(parts);
  const { runtime, settings } = parts;
  const index = new DynamoFleetIndex(table);
  const fleet = { index, mappings: new DynamoMappingStore(table), changes: changesOf(parts) };
  return { telemetry: makeTelemetry(), runtime, fleet, orgClaim: settings.orgClaim };
}

function changesOf(parts: TableParts): ChangeStore {
  const { changeRetentionDays: retentionDays } = parts.settings;
  return new DynamoChangeStore(tableOf(parts), { retentionDays, now: parts.runtime.now });
}

/** Puts together what `templates` needs. */
export function makeTemplatesApplication(parts: TableParts = systemTable()): TemplatesApplication {
  const { runtime, settings } = parts;
  const { orgClaim, voicePolicy, inlineCredentials } = settings;
  const templates = new DynamoTemplateStore(tableOf(parts));
  const variables = new DynamoVariableStore(tableOf(parts));
  return { telemetry: makeTelemetry(), runtime, templates, variables, orgClaim, voicePolicy, inlineCredentials };
}

/** Puts together what `announce` needs. */
export function makeAnnounceApplication(parts: BusParts = systemTableAndBus()): AnnounceApplication {
  const { settings, clients } = parts;
  const bus = new EventBridgeBus({ client: clients.bus, name: settings.eventBusName });
  const announce = { changes: changesOf(parts), specs: new DynamoSpecStore(tableOf(parts)), bus };
  return { telemetry: makeTelemetry(), announce };
}

/** Puts together what `drift` needs. */
export function makeDriftApplication(parts: QueueParts = systemTableAndQueue()): DriftApplication {
  const { settings, runtime, clients } = parts;
  const table = tableOf(parts);
  const drift = {
    runtime,
    runs: new DynamoRunStore(table, runtime),
    tasks: new SqsTaskQueue({ client: clients.queue, url: settings.taskQueueUrl }),
    findings: new DynamoFindingStore(table, runtime),
    mode: settings.driftMode,
  };
  return { telemetry: makeTelemetry(), runtime, drift, orgClaim: settings.orgClaim };
}

/** Puts together what `sync` needs. */
export function makeSyncApplication(parts: ApplicationParts = systemParts()): SyncApplication {
  const { settings, runtime, clients, upstreamTiming } = parts;
  const telemetry = makeTelemetry();
  const table = tableOf(parts);
  const queue = new SqsTaskQueue({ client: clients.queue, url: settings.taskQueueUrl });
  const { now, random } = runtime;
  const sync: SyncDependencies = {
    mappings: new DynamoMappingStore(table),
    specs: new DynamoSpecStore(table),
    tools: new DynamoToolStore(table),
    owners: new DynamoAssistantOwners(table),
    tasks: queue,
    history: new DynamoSpecHistory(table),
    credentials: {
      secrets: new SecretsManagerStore({ client: clients.secrets, prefix: settings.secretPrefix, now }),
      platformKey: settings.platformKey,
    },
    vapi: makeVapiAccounts({
      baseUrl: settings.vapiBaseUrl,
      now,
      random,
      onCall: (call) => recordCall(telemetry, call),
      onCircuit: (state) => recordCircuit(telemetry, state),
      timing: upstreamTiming,
    }),
    runtime,
    deployment: settings.deploymentId,
    knownOrganisationsOnly: settings.knownOrganisationsOnly,
    voicePolicy: settings.voicePolicy,
    driftIgnore: settings.drift.ignored,
  };
  const { inlineCredentials, orgClaim } = settings;
  const organisations = new DynamoOrganisationStore(table);
  const templates: TemplateDependencies = {
    templates: new DynamoTemplateStore(table),
    variables: new DynamoVariableStore(table),
    references: new NamedIds(runtime),
  };
  return { telemetry, runtime, queue, organisations, inlineCredentials, orgClaim, sync, templates };
}

/** Puts together what `verify` needs. */
export function makeVerifyApplication(parts: ApplicationParts = systemParts()): VerifyApplication {
  return { ...makeSyncApplication(parts), verificationRuns: new DynamoVerificationRuns(tableOf(parts)) };
}

/** Puts everything together, once per execution environment. */
export function makeApplication(parts: ApplicationParts = systemParts()): Application {
  const service = makeVerifyApplication(parts);
  const table = tableOf(parts);
  const index = new DynamoFleetIndex(table);
  const fleet = { index, mappings: service.sync.mappings, changes: changesOf(parts) };
  const drift = driftOf(service.sync, { settings: parts.settings, table });
  const rollouts = rolloutsOf(service, { settings: parts.settings, table, pacer: drift.pacer });
  return { ...service, fleet, drift, rollouts, stalledMs: parts.settings.rolloutStalledMs };
}

/** Puts together what `rollouts` needs. */
export function makeRolloutApplication(parts: ApplicationParts = systemParts()): RolloutApplication {
  const service = makeSyncApplication(parts);
  const { settings, runtime } = parts;
  const table = tableOf(parts);
  const drift = driftOf(service.sync, { settings, table });
  const rollouts = rolloutsOf(service, { settings, table, pacer: drift.pacer });
  const { telemetry, orgClaim } = service;
  return { telemetry, runtime, orgClaim, rollouts, drift, stalledMs: settings.rolloutStalledMs };
}

function rolloutsOf(
  { sync, templates: bound, inlineCredentials }: SyncApplication,
  { settings, table, pacer }: { settings: Settings; table: Table; pacer: Pacer },
): RolloutDependencies {
  return {
    ...sync,
    rollouts: new DynamoRolloutStore(table),
    targets: new DynamoTargetStore(table),
    fleet: new DynamoFleetIndex(table),
    bound,
    pacer,
    callsPerSecond: settings.drift.callsPerSecond,
    inlineCredentials,
  };
}

function driftOf(sync: SyncDependencies, { settings, table }: { settings: Settings; table: Table }): DriftDependencies {
  const { runtime } = sync;
  return {
    ...sync,
    fleet: new DynamoFleetIndex(table),
    runs: new DynamoRunStore(table, runtime),
    units: new DynamoUnitStore(table, runtime),
    findings: new DynamoFindingStore(table, runtime),
    strays: new DynamoStrayStore(table, runtime),
    pacer: makePacer(runtime),
    numbers: makeListCache(),
    toolIds: makeListCache(),
    allocations: makeListCache(),
    limits: settings.drift,
    mode: settings.driftMode,
  };
}
