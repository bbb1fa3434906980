import { z } from 'zod';
import { noSnapshotFile, openSnapshotFile, type SnapshotFile } from '../stack/snapshot-file.ts';

const version = z.object({
  id: z.string(),
  createdAt: z.number(),
  secretString: z.string().optional(),
  secretBinary: z.string().optional(),
});

const secret = z.object({
  name: z.string(),
  arn: z.string(),
  createdAt: z.number(),
  /** Set while the secret waits for its deletion. */
  deletedAt: z.number().optional(),
  /** Oldest first: the last is AWSCURRENT, the one before it AWSPREVIOUS. */
  versions: z.array(version),
});

/** A secret with its versions. Times in milliseconds. */
export type Secret = z.output<typeof secret>;
/** One value that a secret has or had. */
export type SecretVersion = z.output<typeof version>;

const snapshot = z.object({ version: z.literal(1), secrets: z.array(secret) });

/** The secrets, by name or ARN; in memory, or in a file as well. */
export class SecretStore {
  readonly #byName = new Map<string, Secret>();
  readonly #file: SnapshotFile;

  constructor(path: string | undefined) {
    const document = () => ({ version: 1, secrets: [...this.#byName.values()] });
    this.#file = path ? openSnapshotFile(path, document) : noSnapshotFile();
    const loaded = this.#file.load();
    if (loaded === undefined) return;
    for (const entry of snapshot.parse(loaded).secrets) this.#byName.set(entry.name, entry);
  }

  /** The name that a SecretId (name, or ARN with its random end) stands for. */
  nameOf(secretId: string): string {
    return secretId.match(/^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+)-\w{6}$/)?.[1] ?? secretId;
  }

  get(secretId: string): Secret | undefined {
    return this.#byName.get(this.nameOf(secretId));
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
