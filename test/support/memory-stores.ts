import type { AssistantKey } from '../../src/domain/assistant-key.ts';
import type {
  AssistantMapping,
  MappingStore,
  MappingWrite,
  MappingWriteResult,
  OrganisationRecord,
  OrganisationView,
  SpecStore,
} from '../../src/domain/assistant-mapping.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { type Guard, type MappingState, TRANSITIONS } from '../../src/domain/mapping-transitions.ts';

const idOf = ({ orgId, role }: AssistantKey) => `${orgId}/${role}`;

/** Mappings in memory. It passes the same contract as the one in DynamoDB; rows are copied in and out. */
export class MemoryMappingStore implements MappingStore {
  readonly rows = new Map<string, AssistantMapping>();
  readonly records = new Map<string, OrganisationRecord>();

  async read(orgId: string): Promise<OrganisationView> {
    const mappings = [...this.rows.values()].filter((row) => row.orgId === orgId);
    const record = this.records.get(orgId);
    return structuredClone({ record, mappings: mappings.toSorted((a, b) => (a.role < b.role ? -1 : 1)) });
  }

  async write(write: MappingWrite): Promise<MappingWriteResult> {
    const current = this.rows.get(idOf(write.key));
    if (!isAllowed(write, current)) return structuredClone({ kind: 'conflict', current });
    if (TRANSITIONS[write.transition].to === 'absent') {
      this.rows.delete(idOf(write.key));
      return { kind: 'written', mapping: undefined };
    }
    const next = structuredClone(nextRow(write, current));
    this.rows.set(idOf(write.key), next);
    return structuredClone({ kind: 'written', mapping: next });
  }
}

function isAllowed({ transition, from, token }: MappingWrite, current: AssistantMapping | undefined): boolean {
  const { from: states, guard }: { from: readonly MappingState[]; guard: Guard } = TRANSITIONS[transition];
  if (!states.includes(stateOf(current))) return false;
  if (guard === 'own-token') return current?.claim?.token === token;
  return (
    current?.revision === from?.revision &&
    current?.claim?.token === from?.claim?.token &&
    current?.claim?.unresolvedAt === from?.claim?.unresolvedAt &&
    current?.assistantId === from?.assistantId
  );
}

function stateOf(row: AssistantMapping | undefined): MappingState {
  if (!row) return 'absent';
  if (!row.claim) return 'idle';
  return row.claim.unresolvedAt === undefined ? 'claimed' : 'unresolved';
}

function nextRow(
  { key, transition, change, at }: MappingWrite,
  current: AssistantMapping | undefined,
): AssistantMapping {
  const created: AssistantMapping = {
    ...key,
    revision: 0,
    attempted: [],
    tools: { status: 'none', count: 0 },
    retiring: [],
    createdAt: at,
    updatedAt: at,
  };
  const { claim, ...fields } = change;
  const row = { ...(current ?? created), ...fields, updatedAt: at };
  if (TRANSITIONS[transition].to === 'claimed') row.revision += 1;
  if (claim === null) delete row.claim;
  else if (claim) row.claim = claim;
  return row;
}

/** Configurations in memory. */
export class MemorySpecStore implements SpecStore {
  readonly specs = new Map<string, JsonObject>();

  async save(key: AssistantKey, spec: { specHash: string; payload: JsonObject }): Promise<void> {
    this.specs.set(`${idOf(key)}/${spec.specHash}`, structuredClone(spec.payload));
  }

  async load(key: AssistantKey, specHash: string): Promise<JsonObject | undefined> {
    return structuredClone(this.specs.get(`${idOf(key)}/${specHash}`));
  }

  async removeAll(key: AssistantKey): Promise<void> {
    for (const id of this.specs.keys()) if (id.startsWith(`${idOf(key)}/`)) this.specs.delete(id);
  }
}
