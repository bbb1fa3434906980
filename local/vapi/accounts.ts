import { z } from 'zod';
import { noSnapshotFile, openSnapshotFile, type SnapshotFile } from '../stack/snapshot-file.ts';
import { Collection, type Stored } from './collection.ts';
import { RESOURCE_NAMES, type ResourceName } from './resources.ts';

const stored = z.object({
  id: z.string(),
  orgId: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
  fields: z.record(z.string(), z.unknown()),
});

const snapshot = z.object({ version: z.literal(1), resources: z.record(z.string(), z.array(stored)) });

/** Everything that the stand-in keeps, by account and kind; in memory, or in a file as well. */
export class Accounts {
  readonly #collections = new Map<string, Collection>();
  readonly #file: SnapshotFile;

  constructor(path: string | undefined) {
    this.#file = path ? openSnapshotFile(path, () => this.#snapshot()) : noSnapshotFile();
    const document = this.#file.load();
    if (document !== undefined) this.#restore(snapshot.parse(document));
  }

  /** What one account holds of one kind. */
  of(account: string, resource: ResourceName): Collection {
    const key = `${resource} ${account}`;
    const collection = this.#collections.get(key) ?? new Collection();
    this.#collections.set(key, collection);
    return collection;
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
    this.changed();
  }

  /** Every kind with the resources of every account, oldest first. */
  all(): Record<ResourceName, Stored[]> {
    const ofKind = (resource: ResourceName) =>
      [...this.#collections].flatMap(([key, found]) => (key.startsWith(`${resource} `) ? found.all() : []));
    return { assistant: ofKind('assistant'), tool: ofKind('tool'), 'phone-number': ofKind('phone-number') };
  }

  #snapshot() {
    return { version: 1, resources: this.all() };
  }

  #restore({ resources }: z.output<typeof snapshot>): void {
    for (const resource of RESOURCE_NAMES) {
      for (const entry of resources[resource] ?? []) this.of(entry.orgId, resource).add(entry);
    }
  }
}
