import type { ApiKey } from '../../src/domain/account/api-key.ts';
import type { SecretLookup, SecretName } from '../../src/domain/account/credentials.ts';
import { desireAssistant } from '../../src/domain/configuration/configuration.ts';
import { loadStoredRequest } from '../../src/domain/history/stored-request.ts';
import type { Operation, SyncDependencies } from '../../src/domain/operation.ts';
import { Problem } from '../../src/domain/problem.ts';
import { importAssistant } from '../../src/domain/sync/import/import-assistant.ts';
import { performTask } from '../../src/domain/sync/perform-task.ts';
import { removeAssistant } from '../../src/domain/sync/remove-assistant.ts';
import { syncAssistant } from '../../src/domain/sync/sync-assistant.ts';
import type { TaskEnd } from '../../src/domain/task.ts';
import type {
  MemoryAssistantOwners,
  MemoryMappingStore,
  MemorySpecStore,
  MemoryTaskQueue,
  MemoryToolStore,
} from '../support/memory-stores.ts';
import { DEPLOYMENT, desired, type Ending, type Job, KEY } from './jobs.ts';
import { TEMPLATE, workOnTarget } from './rollout-of-one.ts';
import type { Caller, Upstream } from './upstream.ts';

/** The secrets of a new world: the organisation has none. */
export const FIRST_SECRETS: ReadonlyMap<string, string> = new Map([['platform', '{"apiKey":"platform-key"}']]);

/** What processes share. */
export interface Surroundings {
  readonly mappings: MemoryMappingStore;
  readonly specs: MemorySpecStore;
  readonly tools: MemoryToolStore;
  readonly owners: MemoryAssistantOwners;
  readonly tasks: MemoryTaskQueue;
  readonly secrets: ReadonlyMap<string, string>;
  readonly upstream: Upstream;
}

/** How one process acts on a world: whatever it does to others, and all that it knows of time, goes through here. */
export interface Conduct {
  readonly name: string;
  /** True: it has read the secrets before, and remembers them as they were when the world began. */
  readonly remembers: boolean;
  /** `about`: what the effect is given, as data. */
  effect<T>(label: string, act: () => Promise<T>, about?: unknown): Promise<T>;
  sleep(ms: number): Promise<void>;
  now(): number;
  remainingMs(): number;
  uniqueId(): string;
}

/** The jobs that a process does by itself; the others are done by somebody from outside. */
export type ProcessJob = Exclude<Job, { kind: 'number' | 'pin' }>;

/** Does a job by the real use cases. A `Problem` is an ending; whatever else comes is thrown. */
export async function perform(world: Surroundings, job: ProcessJob, conduct: Conduct): Promise<Ending> {
  try {
    return await performJob(operationOf(world, job, conduct), job);
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

/** One call of a process, about the assistant of its job. */
export function operationOf(world: Surroundings, { key = KEY }: Pick<Job, 'key'>, conduct: Conduct): Operation {
  return {
    ...dependenciesOf(world, conduct),
    id: conduct.name,
    key,
    by: { kind: 'local', id: conduct.name },
    deadline: { remainingMs: () => conduct.remainingMs() },
    journal: { record: () => {} },
  };
}

async function performJob(operation: Operation, job: ProcessJob): Promise<Ending> {
  switch (job.kind) {
    case 'work':
      return endingOf(await performTask(operation, { kind: 'sync-tools', ...taskOf(operation) }, operation));
    case 'reapply':
      return endingOf(await performTask(operation, { kind: 'reapply', ...taskOf(operation) }, operation));
    case 'remove':
      return await removeAssistant(operation);
    case 'import':
      return (await importAssistant(operation, { assistantId: job.assistantId, observeOnly: false })).kind;
    case 'rollback':
      return await rollBack(operation, job.spec);
    case 'rollout':
      return await workOnTarget(operation, job.step, job.target);
    case 'ensure': {
      const { spec, revision, follow, version } = job;
      const expected = revision === undefined ? {} : { revision };
      const traffic = follow ? ('follow-latest' as const) : undefined;
      return (
        await syncAssistant(operation, {
          desired: desired(spec, operation.key),
          expected,
          traffic,
          ...bindingOf(operation, version),
        })
      ).outcome;
    }
  }
}

function bindingOf({ id: operationId }: Operation, version: number | undefined) {
  if (version === undefined) return {};
  return { binding: version === 0 ? null : { id: TEMPLATE, version, operationId } };
}

/** A PUT of a configuration that was applied before. */
async function rollBack(operation: Operation, spec: string): Promise<Ending> {
  const { specs, key, voicePolicy: policy, deployment } = operation;
  const asked = await loadStoredRequest(specs, key, { specHash: desired(spec, key).specHash, policy });
  return (await syncAssistant(operation, { desired: desireAssistant(asked, key, deployment) })).outcome;
}

function taskOf({ key, id }: Operation) {
  return { ...key, operationId: id };
}

function endingOf(end: TaskEnd): Ending {
  return end.kind === 'done' ? end.outcome : `LATER_${end.reason}`;
}

function secretId(name: SecretName): string {
  return name.kind === 'platform' ? 'platform' : name.orgId;
}

/** The world as the use cases see it, each effect of theirs on it by way of the process. */
export function dependenciesOf(world: Surroundings, conduct: Conduct): SyncDependencies {
  const effect: Conduct['effect'] = (label, act, about) => conduct.effect(label, act, about);
  const caller: Caller = { effect, wait: (ms) => conduct.sleep(ms) };
  return {
    ...tableOf(world, effect),
    tasks: { send: (task) => effect('queue send', () => world.tasks.send(task), task) },
    credentials: { secrets: secretsOf(world, conduct), platformKey: undefined },
    vapi: { open: (apiKey: ApiKey) => world.upstream.account(apiKey.reveal(), caller) },
    runtime: {
      now: () => conduct.now(),
      sleep: (ms) => conduct.sleep(ms),
      random: () => 0.5,
      uniqueId: () => conduct.uniqueId(),
    },
    deployment: DEPLOYMENT,
    knownOrganisationsOnly: false,
    voicePolicy: 'strict',
    driftIgnore: [],
  };
}

function tableOf(
  world: Surroundings,
  effect: Conduct['effect'],
): Pick<SyncDependencies, 'mappings' | 'specs' | 'tools' | 'owners' | 'history'> {
  return {
    mappings: {
      read: (orgId) => effect('table read', () => world.mappings.read(orgId), orgId),
      write: (write) => effect(`table ${write.transition}`, () => world.mappings.write(write), write),
    },
    specs: {
      save: (key, spec) => effect('table save-spec', () => world.specs.save(key, spec), [key, spec]),
      load: (key, hash) => effect('table load-spec', () => world.specs.load(key, hash), [key, hash]),
      removeAll: (key) => effect('table remove-specs', () => world.specs.removeAll(key), key),
    },
    tools: {
      read: (scope, hash) => effect('table read-tool', () => world.tools.read(scope, hash), [scope, hash]),
      list: (scope) => effect('table list-tools', () => world.tools.list(scope), scope),
      write: (write) => effect(`table ${write.transition}-tool`, () => world.tools.write(write), write),
    },
    owners: {
      ownersOf: (assistant, _account) => effect('table owners-of', () => world.owners.ownersOf(assistant), assistant),
      own: (id, owner, from) => effect('table own', () => world.owners.own(id, owner, from), [id, owner, from]),
    },
    history: {
      list: (key) => effect('table list-specs', () => world.specs.list(key), key),
      forget: (key, spec, hashes) =>
        effect('table forget-specs', () => world.specs.forget(key, spec, hashes), [key, spec, hashes]),
      remove: (key, specs) => effect('table remove-spec', () => world.specs.remove(key, specs), [key, specs]),
    },
  };
}

function secretsOf(world: Surroundings, conduct: Conduct): SyncDependencies['credentials']['secrets'] {
  const forgotten = new Set<string>();
  const lookUp = async (name: SecretName): Promise<SecretLookup> => {
    const id = secretId(name);
    const cached = conduct.remembers && !forgotten.has(id);
    const text = (cached ? FIRST_SECRETS : world.secrets).get(id);
    return text === undefined ? { kind: 'absent', cached } : { kind: 'found', text, cached };
  };
  return {
    read: (name) => conduct.effect('secret read', () => lookUp(name), name),
    forget: (name) => forgotten.add(secretId(name)),
    idOf: secretId,
  };
}
