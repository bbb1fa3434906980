import type { ScopeKey } from '../../account/scope.ts';
import { organisationOf } from '../../account/scope.ts';
import { isReadable, type MappingRow } from '../../mapping/organisation-view.ts';
import type { DriftDependencies } from '../drift-dependencies.ts';
import type { Slice } from '../fleet.ts';

/** Tools that mappings want, have, or are about to have. */
export interface UsedTools {
  hashes: ReadonlySet<string>;
  toolIds: ReadonlySet<string>;
}

const PAGE = 500;

/**
 * Tools that the mappings of a scope use, and those that unfinished creates may use. Reads each page once. Undefined
 * when a row cannot be read, as it is unknown what that uses.
 */
export async function usedTools(deps: DriftDependencies, scope: ScopeKey): Promise<UsedTools | undefined> {
  const hashes = new Set<string>();
  const toolIds = new Set<string>();
  let isKnown = true;
  const add = (row: MappingRow) => {
    if (!isReadable(row)) {
      isKnown = false;
      return;
    }
    const { tools, attempted } = row;
    for (const hash of tools.wanted) hashes.add(hash);
    for (const { hash, toolId } of tools.linked) {
      hashes.add(hash);
      toolIds.add(toolId);
    }
    for (const attempt of attempted) for (const toolId of attempt.toolIds ?? []) toolIds.add(toolId);
  };
  const orgId = organisationOf(scope);
  if (orgId === undefined) {
    await eachPage((after) => deps.fleet.rows({ scope, window: {}, limit: PAGE, ...after }), add);
  } else {
    const { mappings, unreadable } = await deps.mappings.read(orgId);
    for (const row of [...mappings, ...unreadable]) add(row);
  }
  await eachPage((after) => deps.fleet.unfinished({ limit: PAGE, ...after }), add);
  return isKnown ? { hashes, toolIds } : undefined;
}

async function eachPage<T>(
  read: (after: { after?: string }) => Promise<Slice<T>>,
  use: (item: T) => void,
): Promise<void> {
  let after: string | undefined;
  do {
    const page = await read(after === undefined ? {} : { after });
    for (const item of page.items) use(item);
    after = page.next;
  } while (after !== undefined);
}
