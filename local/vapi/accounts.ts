import { z } from 'zod';
import { noSnapshotFile, openSnapshotFile, type SnapshotFile } from '../stack/snapshot-file.ts';
import { Collection, type Stored } from './collection.ts';
import { RESOURCE_NAMES, type ResourceName } from './resources.ts';

/** How the calls of an assistant are divided from a moment on. Rows are only added. */
export interface Allocation {
  id: string;
  assistantId: string;
  allocationIntent: 'explicit' | 'follow-latest';
  targets: { assistantVersion: string; percentage: number }[];
  actorType: 'user' | 'key' | 'system';
  actorId: string | null;
  description: string | null;
  /** Epoch ms. */
  createdAt: number;
}

const stored = z.object({
  id: z.string(),
  orgId: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
  fields: z.record(z.string(), z.unknown()),
  versions: z
    .array(
      z.object({
        number: z.number(),
        createdAt: z.number(),
        fields: z.record(z.string(), z.unknown()),
        versionName: z.string().optional(),
        versionDescription: z.string().optional(),
      }),
    )
    .optional(),
});

const allocation: z.ZodType<Allocation> = z.object({
  id: z.string(),
  assistantId: z.string(),
  allocationIntent: z.enum(['explicit', 'follow-latest']),
  targets: z.array(z.object({ assistantVersion: z.string(), percentage: z.number() })),
  actorType: z.enum(['user', 'key', 'system']),
  actorId: z.string().nullable(),
  description: z.string().nullable(),
  createdAt: z.number(),
});

const snapshot = z.object({
  version: z.literal(1),
  resources: z.record(z.string(), z.array(stored)),
  /** Traffic allocations by account, oldest first. */
  allocations: z.record(z.string(), z.array(allocation)).default({}),
});

/** Everything that the stand-in holds, by account and kind; in memory, or also in a file. */
export class Accounts {
  readonly #collections = new Map<string, Collection>();
  readonly #allocations = new Map<string, Allocation[]>();
  readonly #file: SnapshotFile;

  constructor(path: string | undefined) {
    this.#file = path ? openSnapshotFile(path, () => this.#snapshot()) : noSnapshotFile();
    const document = this.#file.load();
    if (document !== undefined) this.#restore(snapshot.parse(document));
  }

  /** The resources of one kind in an account. */
  of(account: string, resource: ResourceName): Collection {
    const key = `${resource} ${account}`;
    const collection = this.#collections.get(key) ?? new Collection();
    this.#collections.set(key, collection);
    return collection;
  }

  /** The traffic allocations of an account, oldest first; new ones are added at the end. */
  allocationsOf(account: string): Allocation[] {
    const allocations = this.#allocations.get(account) ?? [];
    this.#allocations.set(account, allocations);
    return allocations;
  }

  /** Notes that something changed, so that it gets written. */
  changed(): void {
    this.#file.changed();
  }

  flush(): void {
    this.#file.flush();
  }

  /** Forgets every resource of every account. */
  clear(): void {
    this.#collections.clear();
    this.#allocations.clear();
    this.changed();
  }

  /** Every kind with the resources of every account, oldest first. */
  all(): Record<ResourceName, Stored[]> {
    const ofKind = (resource: ResourceName) =>
      [...this.#collections].flatMap(([key, found]) => (key.startsWith(`${resource} `) ? found.all() : []));
    return {
      assistant: ofKind('assistant'),
      tool: ofKind('tool'),
      'phone-number': ofKind('phone-number'),
      credential: ofKind('credential'),
      'structured-output': ofKind('structured-output'),
    };
  }

  #snapshot() {
    return { version: 1, resources: this.all(), allocations: Object.fromEntries(this.#allocations) };
  }

  #restore({ resources, allocations }: z.output<typeof snapshot>): void {
    for (const [account, rows] of Object.entries(allocations)) this.#allocations.set(account, rows);
    for (const resource of RESOURCE_NAMES) {
      for (const entry of resources[resource] ?? []) this.of(entry.orgId, resource).add(entry);
    }
  }
}
