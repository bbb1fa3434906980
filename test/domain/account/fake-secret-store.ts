import type { SecretLookup, SecretName, SecretStore } from '../../../src/domain/account/credentials.ts';

export type Told = SecretLookup | Error;

/**
 * Answers what it was told, by the path below the prefix, and throws for every secret that it was told nothing about.
 */
export class FakeSecretStore implements SecretStore {
  readonly reads: string[] = [];
  readonly forgotten: string[] = [];
  readonly #told: Readonly<Record<string, Told>>;

  constructor(told: Readonly<Record<string, Told>>) {
    this.#told = told;
  }

  async read(name: SecretName): Promise<SecretLookup> {
    const path = pathOf(name);
    this.reads.push(path);
    const told = this.#told[path];
    if (told === undefined) throw new Error(`nobody said that ${path} would be read`);
    if (told instanceof Error) throw told;
    return await Promise.resolve(told);
  }

  forget(name: SecretName): void {
    this.forgotten.push(pathOf(name));
  }

  idOf(name: SecretName): string {
    return `vapi-sync/test/${pathOf(name)}`;
  }
}

function pathOf(name: SecretName): string {
  return name.kind === 'platform' ? 'platform' : `orgs/${name.orgId}`;
}
