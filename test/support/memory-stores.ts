import type { OrganisationRecord } from '../../src/domain/account/organisation-record.ts';
import type { ScopeKey } from '../../src/domain/account/scope.ts';
import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import type { Configuration } from '../../src/domain/configuration/configuration.ts';
import type { SpecHistory, StoredSpec } from '../../src/domain/history/history.ts';
import type { AssistantMapping } from '../../src/domain/mapping/assistant-mapping.ts';
import type { AssistantOwner, AssistantOwners } from '../../src/domain/mapping/assistant-owners.ts';
import type { Claim } from '../../src/domain/mapping/claim.ts';
import { mappingAfter } from '../../src/domain/mapping/mapping-after.ts';
import { isReadable, type MappingRow, type OrganisationView } from '../../src/domain/mapping/organisation-view.ts';
import type {
  MappingStore,
  MappingWrite,
  MappingWriteResult,
  SpecStore,
  SpecToStore,
} from '../../src/domain/mapping/stores.ts';
import {
  type Guard,
  type MappingState,
  makesRevision,
  TRANSITIONS,
  type Transition,
} from '../../src/domain/mapping/transitions.ts';
import type { Task, TaskQueue } from '../../src/domain/task.ts';
import {
  type ToolList,
  type ToolRow,
  type ToolStore,
  type ToolWrite,
  type ToolWriteResult,
  toolAfter,
} from '../../src/domain/tools/tool-registry.ts';
import { copyOf } from './copy-of.ts';

const idOf = ({ orgId, role }: AssistantKey) => `${orgId}/${role}`;

/** Mappings in memory. It passes the same contract as the one in DynamoDB; rows are copied in and out. */
export class MemoryMappingStore implements MappingStore {
  readonly rows = new Map<string, AssistantMapping>();
  readonly records = new Map<string, OrganisationRecord>();
  /** Rows that nobody can read, as `org/role`. */
  readonly damaged = new Set<string>();
  /** All writes so far, in order: the stream of the table. */
  readonly writes: { before: AssistantMapping | undefined; after: AssistantMapping | undefined }[] = [];

  async read(orgId: string): Promise<OrganisationView> {
    const rows = [...this.rows.values()].filter((row) => row.orgId === orgId).map((row) => this.shown(row));
    const record = this.records.get(orgId);
    return copyOf({
      record,
      mappings: rows.filter(isReadable).toSorted((a, b) => (a.role < b.role ? -1 : 1)),
      unreadable: rows.flatMap((row) => (isReadable(row) ? [] : [row])),
    });
  }

  /** A row as the table gives it: of a damaged one the keys are left. */
  shown(row: AssistantMapping): MappingRow {
    const { orgId, role, assistantId, assistantCreatedAt } = row;
    if (!this.damaged.has(idOf(row))) return row;
    const keys = { orgId, role, ...(assistantId ? { assistantId } : {}) };
    const made = assistantCreatedAt ? { assistantCreatedAt } : {};
    return { unreadable: `ORG#${orgId} ASSISTANT#${role}`, ...keys, ...made };
  }

  async write(write: MappingWrite): Promise<MappingWriteResult> {
    const current = this.rows.get(idOf(write.key));
    const ids = { read: write.from?.assistantId, current: current?.assistantId };
    if (!isAllowed({ ...write, current, ids })) return copyOf({ kind: 'conflict', current });
    const next = copyOf(mappingAfter({ ...write, from: current }));
    if (next) this.rows.set(idOf(write.key), next);
    else this.rows.delete(idOf(write.key));
    this.writes.push({ before: current, after: next });
    return { kind: 'written' };
  }
}

interface Row {
  revision: number;
  updatedAt: string;
  finalisedBy?: string;
  claim?: Claim;
}

interface Attempted {
  transition: Transition;
  token: string;
  from: Row | undefined;
  current: Row | undefined;
  /** What the row names at Vapi, as read and now. */
  ids: { read: string | undefined; current: string | undefined };
}

function isAllowed({ transition, from, token, current, ids }: Attempted): boolean {
  const { from: states, guard }: { from: readonly MappingState[]; guard: Guard } = TRANSITIONS[transition];
  if (!states.includes(stateOf(current))) return false;
  if (guard === 'own-token') return current?.claim?.token === token;
  return (
    current?.revision === from?.revision &&
    current?.finalisedBy === from?.finalisedBy &&
    current?.claim?.token === from?.claim?.token &&
    current?.claim?.unresolvedAt === from?.claim?.unresolvedAt &&
    ids.current === ids.read &&
    (!makesRevision(transition) || current?.updatedAt === from?.updatedAt)
  );
}

function stateOf(row: Row | undefined): MappingState {
  if (!row) return 'absent';
  if (!row.claim) return 'idle';
  return row.claim.unresolvedAt === undefined ? 'claimed' : 'unresolved';
}

/** Tools in memory. */
export class MemoryToolStore implements ToolStore {
  readonly rows = new Map<string, ToolRow>();

  async read(scopeKey: ScopeKey, hash: string): Promise<ToolRow | undefined> {
    return copyOf(this.rows.get(`${scopeKey}/${hash}`));
  }

  async list(scopeKey: ScopeKey): Promise<ToolList> {
    return copyOf({ rows: [...this.rows.values()].filter((row) => row.scopeKey === scopeKey), unreadable: [] });
  }

  async write(write: ToolWrite): Promise<ToolWriteResult> {
    const id = `${write.scopeKey}/${write.hash}`;
    const current = this.rows.get(id);
    const ids = { read: write.from?.toolId, current: current?.toolId };
    if (!isAllowed({ ...write, current, ids })) return { kind: 'conflict' };
    const next = copyOf(toolAfter({ ...write, from: current }));
    if (next) this.rows.set(id, next);
    else this.rows.delete(id);
    return { kind: 'written' };
  }
}

/** A queue in memory, oldest first. */
export class MemoryTaskQueue implements TaskQueue {
  readonly tasks: Task[] = [];

  async send(task: Task): Promise<void> {
    this.tasks.push(copyOf(task));
  }
}

type KeptSpec = Omit<StoredSpec, 'applied'> & Configuration;

/** Configurations and their history in memory. */
export class MemorySpecStore implements SpecStore, SpecHistory {
  readonly specs = new Map<string, KeptSpec>();

  async save(key: AssistantKey, spec: SpecToStore): Promise<void> {
    const { at: savedAt, ...content } = copyOf(spec);
    const { firstSavedAt = savedAt, appliedBefore = [] } = this.#find(key, spec.specHash) ?? {};
    const all = [...new Set([...appliedBefore, ...content.appliedBefore])];
    const kept = { ...content, savedAt, firstSavedAt, appliedBefore: all };
    this.specs.set(`${idOf(key)}/${spec.specHash}`, kept);
  }

  async load(key: AssistantKey, specHash: string): Promise<Configuration | undefined> {
    const stored = this.#find(key, specHash);
    return stored && copyOf({ payload: stored.payload, tools: stored.tools });
  }

  async removeAll(key: AssistantKey): Promise<void> {
    for (const id of this.#idsOf(key)) this.specs.delete(id);
  }

  async list(key: AssistantKey): Promise<StoredSpec[]> {
    const stored = this.#idsOf(key).flatMap((id) => this.specs.get(id) ?? []);
    const applied = new Set(stored.flatMap(({ appliedBefore }) => appliedBefore));
    return copyOf(
      stored.map(({ payload: _payload, tools: _tools, ...spec }) => ({
        ...spec,
        applied: applied.has(spec.specHash),
      })),
    );
  }

  async forget(key: AssistantKey, { specHash, savedAt }: StoredSpec, hashes: readonly string[]): Promise<void> {
    const kept = this.#find(key, specHash);
    if (kept?.savedAt === savedAt) kept.appliedBefore = kept.appliedBefore.filter((hash) => !hashes.includes(hash));
  }

  async remove(key: AssistantKey, specs: readonly StoredSpec[]): Promise<void> {
    for (const { specHash, savedAt } of specs) {
      if (this.#find(key, specHash)?.savedAt === savedAt) this.specs.delete(`${idOf(key)}/${specHash}`);
    }
  }

  #find(key: AssistantKey, specHash: string): KeptSpec | undefined {
    return this.specs.get(`${idOf(key)}/${specHash}`);
  }

  #idsOf(key: AssistantKey): string[] {
    return [...this.specs.keys()].filter((id) => id.startsWith(`${idOf(key)}/`));
  }
}

/** Owners of assistants in memory. */
export class MemoryAssistantOwners implements AssistantOwners {
  readonly #mappings: MemoryMappingStore;
  readonly owners = new Map<string, AssistantOwner>();

  constructor(mappings: MemoryMappingStore) {
    this.#mappings = mappings;
  }

  async ownersOf({ id }: { id: string }): Promise<AssistantKey[]> {
    return [...this.#mappings.rows.values()].flatMap(({ assistantId, orgId, role }) =>
      assistantId === id ? [{ orgId, role }] : [],
    );
  }

  async own(id: string, owner: AssistantOwner, from?: AssistantOwner): ReturnType<AssistantOwners['own']> {
    const by = this.owners.get(id);
    const isFree = from ? by?.token === from.token : !by || (by.orgId === owner.orgId && by.role === owner.role);
    if (by && !isFree) return { kind: 'taken', by };
    this.owners.set(id, owner);
    return { kind: 'owned' };
  }
}
