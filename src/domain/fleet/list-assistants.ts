import type { ScopeKey } from '../account/scope.ts';
import { isOrgId } from '../configuration/assistant-key.ts';
import { ASSISTANT_STATES, type AssistantStatus, describeMapping } from '../mapping/describe.ts';
import { isReadable, type MappingRow, mappingOf } from '../mapping/organisation-view.ts';
import type { MappingStore } from '../mapping/stores.ts';
import { limitIn } from '../page-limit.ts';
import { type FieldError, Problem, validationFailed } from '../problem.ts';
import type { AssistantIndex } from './assistant-index.ts';

/** The parameters of the list, as they stand in the query. */
type ListParameters = Readonly<
  Record<'scope' | 'state' | 'drift' | 'template' | 'limit' | 'cursor', string | undefined>
>;

interface ListQuery {
  scope: ScopeKey;
  limit: number;
  after: string | undefined;
  isWanted: (status: AssistantStatus) => boolean;
}

interface AssistantPage {
  items: readonly AssistantStatus[];
  /** Send it as `cursor` for the next page; null after the last. */
  next: string | null;
  /** Names of rows of this page that cannot be read. */
  unreadable?: readonly string[] | undefined;
}

/**
 * One page of the assistants of a scope, in the order of their creation at Vapi. Filters apply to the page: it may hold
 * fewer than `limit` while more follow. Throws `VALIDATION_FAILED` naming every parameter that is wrong.
 */
export async function listAssistants(
  index: AssistantIndex,
  parameters: ListParameters,
  now: number,
): Promise<AssistantPage> {
  const { isWanted, ...query } = parseQuery(parameters);
  const { items, next } = await index.oldestFirst(query);
  const described = items.filter(isReadable).map((mapping) => describeMapping(mapping, now));
  const unreadable = items.flatMap(nameOfUnreadable);
  return {
    items: described.filter(isWanted),
    next: next ?? null,
    unreadable: unreadable.length > 0 ? unreadable : undefined,
  };
}

function nameOfUnreadable(row: MappingRow): string[] {
  return isReadable(row) ? [] : [row.unreadable];
}

function parseQuery({ scope = 'platform', state, drift, template, limit, cursor }: ListParameters): ListQuery {
  const errors: FieldError[] = [];
  const scopeKey = scopeKeyIn(scope);
  if (!scopeKey) errors.push({ field: 'scope', detail: 'use platform, or org: and the id of an organisation' });
  if (state !== undefined && !ASSISTANT_STATES.some((known) => known === state)) {
    errors.push({ field: 'state', detail: `use one of: ${ASSISTANT_STATES.join(', ')}` });
  }
  if (drift !== undefined && !DRIFT_FILTERS.includes(drift)) {
    errors.push({ field: 'drift', detail: `use one of: ${DRIFT_FILTERS.join(', ')}` });
  }
  const count = limitIn(limit, errors);
  if (errors.length > 0 || !scopeKey) throw validationFailed(errors);
  const isWanted = (status: AssistantStatus) =>
    (state === undefined || status.state === state) &&
    (drift === undefined || (status.drift?.class ?? 'none') === drift) &&
    (template === undefined || status.template?.id === template);
  return { scope: scopeKey, limit: count, after: cursor, isWanted };
}

const DRIFT_FILTERS: readonly string[] = ['none', 'drifted', 'missing', 'pending', 'pinned'];

function scopeKeyIn(scope: string): ScopeKey | undefined {
  if (scope === 'platform') return scope;
  const orgId = scope.startsWith('org:') ? scope.slice('org:'.length) : undefined;
  return orgId !== undefined && isOrgId(orgId) ? `org:${orgId}` : undefined;
}

/** The status of the mapping that names an assistant. Throws `NOT_FOUND` when none does. */
export async function findAssistant(
  { index, mappings }: { index: AssistantIndex; mappings: MappingStore },
  assistantId: string,
  now: number,
): Promise<AssistantStatus> {
  const key = await index.ownerOf(assistantId);
  // The index may be a second old, and the row name another assistant by now.
  const mapping = key && mappingOf(await mappings.read(key.orgId), key);
  if (mapping?.assistantId === assistantId) return describeMapping(mapping, now);
  throw new Problem('NOT_FOUND', 'No mapping names this assistant. It is not one of this service, or not any more.');
}
