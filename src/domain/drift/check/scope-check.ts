import type { ScopeKey } from '../../account/scope.ts';
import type { Configuration } from '../../configuration/configuration.ts';
import type { PacedAccount } from '../../long-work/paced-account.ts';
import type { AssistantMapping } from '../../mapping/assistant-mapping.ts';
import type { DriftDependencies } from '../drift-dependencies.ts';
import { specName } from '../fleet.ts';
import type { DriftRun } from '../runs.ts';
import type { Tally } from '../tally.ts';

/** The check of one page of one scope. */
export interface ScopeCheck {
  deps: DriftDependencies;
  run: DriftRun;
  scope: ScopeKey;
  account: PacedAccount;
  tally: Tally;
  /** Epoch ms: when the page was asked for. */
  listedAt: number;
  /** The applied configurations of the loaded rows, by `specName`. */
  configurations: ReadonlyMap<string, Configuration>;
}

/** The configuration that was applied last, and those that may have reached Vapi. */
export interface Applied {
  wanted: Configuration;
  attempted: readonly Configuration[];
}

/** The loaded configurations of a row; undefined when the applied one is lost. */
export function appliedTo(row: AssistantMapping, { configurations }: ScopeCheck): Applied | undefined {
  const find = (specHash: string) => configurations.get(specName({ key: row, specHash }));
  const wanted = row.specHash ? find(row.specHash) : undefined;
  if (!wanted) return undefined;
  const others = row.attempted.filter(({ specHash }) => specHash !== row.specHash);
  const attempted = others.map(({ specHash }) => find(specHash)).filter((config) => config !== undefined);
  return { wanted, attempted };
}

/** The names of all configurations that checking a row needs. */
export function specsOf(row: AssistantMapping) {
  const hashes = new Set([...(row.specHash ? [row.specHash] : []), ...row.attempted.map(({ specHash }) => specHash)]);
  return [...hashes].map((specHash) => ({ key: { orgId: row.orgId, role: row.role }, specHash }));
}
