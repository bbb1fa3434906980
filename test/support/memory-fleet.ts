import type { ScopeKey } from '../../src/domain/account/scope.ts';
import { isInside } from '../../src/domain/drift/check/window.ts';
import type { Finding } from '../../src/domain/drift/finding.ts';
import { type FleetIndex, type Slice, specName } from '../../src/domain/drift/fleet.ts';
import type { DriftRun, DriftRunStore, DriftUnit, FindingStore } from '../../src/domain/drift/runs.ts';
import type { Stray, StrayStore } from '../../src/domain/drift/strays.ts';
import type { CurrentRun, UnitStore } from '../../src/domain/long-work/run.ts';
import type { AssistantMapping } from '../../src/domain/mapping/assistant-mapping.ts';
import type { MappingRow } from '../../src/domain/mapping/organisation-view.ts';
import { copyOf } from './copy-of.ts';
import type { MemoryMappingStore, MemorySpecStore } from './memory-stores.ts';

/** The mappings in memory as an index that is never behind. */
export function memoryFleet(mappings: MemoryMappingStore, specs: MemorySpecStore): FleetIndex {
  const all = () => copyOf([...mappings.rows.values()]);
  const inScope = (scope: ScopeKey) =>
    all()
      .filter((row) => row.assistantId && row.assistantCreatedAt && scopeOf(row) === scope)
      .toSorted((a, b) => (indexKey(a) < indexKey(b) ? 1 : -1));
  return {
    rows: async ({ scope, window, limit, after }) =>
      slice(
        inScope(scope)
          .filter((row) => isInside(Date.parse(row.assistantCreatedAt ?? ''), window))
          .map((row) => mappings.shown(row)),
        { limit, after, idOf: indexKey, descending: true },
      ),
    cut: async ({ scope, to, count }) => {
      const rows = inScope(scope).filter((row) =>
        isInside(Date.parse(row.assistantCreatedAt ?? ''), to === undefined ? {} : { to }),
      );
      const row = rows[count - 1];
      return row && Date.parse(row.assistantCreatedAt ?? '');
    },
    ownAccounts: async ({ limit, after }) => {
      const orgIds = new Set(all().flatMap((row) => (row.scope === 'org' ? [row.orgId] : [])));
      return slice([...orgIds].toSorted(), { limit, after, idOf: (id) => id });
    },
    unfinished: async ({ limit, after }) =>
      slice(
        all()
          .filter((row) => !row.assistantId)
          .map((row) => mappings.shown(row)),
        { limit, after, idOf: (row) => `${row.orgId}#${row.role}` },
      ),
    configurations: async (wanted) => {
      const found = await Promise.all(
        wanted.map(async (name) => [specName(name), await specs.load(name.key, name.specHash)] as const),
      );
      return new Map(found.flatMap(([name, configuration]) => (configuration ? [[name, configuration] as const] : [])));
    },
  };
}

function scopeOf({ scope, orgId }: AssistantMapping): ScopeKey {
  return scope === 'org' ? `org:${orgId}` : 'platform';
}

function indexKey({ assistantCreatedAt, assistantId }: MappingRow): string {
  return `${assistantCreatedAt}#${assistantId}`;
}

interface Slicing<T> {
  limit: number;
  after: string | undefined;
  idOf: (item: T) => string;
  descending?: boolean;
}

function slice<T>(items: readonly T[], { limit, after, idOf, descending = false }: Slicing<T>): Slice<T> {
  const isAfter = (item: T) => after === undefined || (descending ? idOf(item) < after : idOf(item) > after);
  const left = items.filter(isAfter);
  const page = left.slice(0, limit);
  const last = page.at(-1);
  return { items: page, ...(left.length > limit && last !== undefined ? { next: idOf(last) } : {}) };
}

/** Runs, units and findings in memory. */
export class MemoryRuns implements DriftRunStore {
  #current: CurrentRun | undefined;
  readonly runs = new Map<string, DriftRun>();
  readonly parts = new Map<string, DriftUnit>();
  readonly found = new Map<string, Map<string, Finding>>();

  async current(): Promise<CurrentRun | undefined> {
    return this.#current;
  }

  async makeCurrent(run: CurrentRun, replaces: CurrentRun | undefined): Promise<boolean> {
    if (this.#current?.runId !== replaces?.runId) return false;
    this.#current = run;
    return true;
  }

  async create(run: DriftRun): Promise<void> {
    this.runs.set(run.runId, copyOf(run));
  }

  async read(runId: string): Promise<DriftRun | undefined> {
    return copyOf(this.runs.get(runId));
  }

  async list({ limit }: { limit: number }): Promise<Slice<DriftRun>> {
    return copyOf({ items: [...this.runs.values()].toReversed().slice(0, limit) });
  }

  async advance(run: DriftRun, change: Partial<DriftRun>): Promise<DriftRun | undefined> {
    const current = this.runs.get(run.runId);
    if (!current || current.status !== run.status) return undefined;
    if (current.healing?.version !== run.healing?.version) return undefined;
    const next = copyOf({ ...current, ...change });
    this.runs.set(run.runId, next);
    return copyOf(next);
  }

  async markDone(runId: string, unit: number, at: string): Promise<DriftRun | undefined> {
    const current = this.runs.get(runId);
    if (!current || current.status === 'closed' || current.status === 'abandoned') return undefined;
    const next = { ...current, done: [...new Set([...current.done, unit])], updatedAt: at };
    this.runs.set(runId, next);
    return copyOf(next);
  }

  readonly units: UnitStore<DriftUnit> = {
    plan: async (unit) => {
      const id = unitId(unit);
      if (!this.parts.has(id)) this.parts.set(id, copyOf(unit));
    },
    all: async (runId) =>
      copyOf([...this.parts.values()].filter((unit) => unit.runId === runId)).toSorted((a, b) => a.number - b.number),
    read: async (runId, number) => copyOf(this.parts.get(unitId({ runId, number }))),
    commit: async (unit, change) => {
      const current = this.parts.get(unitId(unit));
      if (!current || current.version !== unit.version) return undefined;
      const next = copyOf({ ...current, ...change, version: current.version + 1 });
      this.parts.set(unitId(unit), next);
      return copyOf(next);
    },
  };

  readonly findings: FindingStore = {
    save: async (runId, findings) => {
      const found = this.found.get(runId) ?? new Map<string, Finding>();
      for (const finding of findings) found.set(finding.id, copyOf(finding));
      this.found.set(runId, found);
    },
    page: async ({ runId, limit, after }) => {
      const found = [...(this.found.get(runId) ?? new Map<string, Finding>()).values()];
      const sorted = copyOf(found).toSorted((a, b) => (a.id < b.id ? -1 : 1));
      return { ...slice(sorted, { limit, after, idOf: ({ id }) => id }), unreadable: [] };
    },
  };

  readonly known = new Map<string, Stray>();

  readonly strays: StrayStore = {
    see: async (stray) => {
      const { since, runId } = this.known.get(strayId(stray)) ?? stray;
      this.known.set(strayId(stray), copyOf({ ...stray, since, runId }));
    },
    all: async () => copyOf([...this.known.values()]),
    forget: async (stray) => {
      if (this.known.get(strayId(stray))?.seenAt === stray.seenAt) this.known.delete(strayId(stray));
    },
  };

  /** All findings of a run, in the order of their ids. */
  findingsOf(runId: string): Finding[] {
    return [...(this.found.get(runId) ?? new Map<string, Finding>()).values()].toSorted((a, b) =>
      a.id < b.id ? -1 : 1,
    );
  }
}

function strayId({ class: name, assistantId }: Stray): string {
  return `${name}/${assistantId}`;
}

function unitId({ runId, number }: Pick<DriftUnit, 'runId' | 'number'>): string {
  return `${runId}/${number}`;
}

/** Index, runs and findings over stores in memory. */
export class MemoryFleetOf {
  readonly index: FleetIndex;
  readonly runs = new MemoryRuns();

  constructor(mappings: MemoryMappingStore, specs: MemorySpecStore) {
    this.index = memoryFleet(mappings, specs);
  }
}
