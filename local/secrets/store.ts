import { z } from 'zod';
import { noSnapshotFile, openSnapshotFile, type SnapshotFile } from '../stack/snapshot-file.ts';

const secret = z.object({
  name: z.string(),
  value: z.string(),
  /** True while the secret waits for its deletion. */
  isDeleted: z.boolean().default(false),
});

/** A secret with its present value. */
type Secret = z.output<typeof secret>;

/** Files of earlier stand-ins hold every value that a secret had, oldest first. */
const earlier = z
  .object({ name: z.string(), versions: z.array(z.object({ secretString: z.string() })) })
  .transform(({ name, versions }) => ({ name, value: versions.at(-1)?.secretString ?? '', isDeleted: false }));

const snapshot = z.object({ secrets: z.array(z.union([secret, earlier])) });

/** The secrets by name; in memory, or in a file as well. */
export class SecretStore {
  readonly #byName = new Map<string, Secret>();
  readonly #file: SnapshotFile;

  constructor(path: string | undefined) {
    const document = () => ({ secrets: [...this.#byName.values()] });
    this.#file = path ? openSnapshotFile(path, document) : noSnapshotFile();
    const loaded = this.#file.load();
    if (loaded === undefined) return;
    for (const entry of snapshot.parse(loaded).secrets) this.#byName.set(entry.name, entry);
  }

  get(name: string): Secret | undefined {
    return this.#byName.get(name);
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }

  save(entry: Secret): void {
    this.#byName.set(entry.name, entry);
    this.#file.changed();
  }

  remove(name: string): void {
    this.#byName.delete(name);
    this.#file.changed();
  }

  clear(): void {
    this.#byName.clear();
    this.#file.changed();
  }

  flush(): void {
    this.#file.flush();
  }
}
