import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type ScopeKey, scopeKeyOf } from '../../../domain/account/scope.ts';
import { type AssistantKey, ROLES, type Role } from '../../../domain/configuration/assistant-key.ts';
import type { UnreadableMapping } from '../../../domain/mapping/organisation-view.ts';
import type { MappingChange } from '../../../domain/mapping/stores.ts';

export type Item = Record<string, AttributeValue>;

export const ORGANISATION_SK = 'PROFILE';

/** The primary key of a row as messages show it: `ORG#acme ASSISTANT#inbound`. */
export function rowName({ pk, sk }: Item): string {
  return `${pk?.S} ${sk?.S}`;
}

/** Primary key of the rows of an organisation. */
export function organisationPk(orgId: string): string {
  return `ORG#${orgId}`;
}

/** The partition key of the note about who owns an assistant that this service did not make. */
export function assistantPk(assistantId: string): string {
  return `ASSISTANT#${assistantId}`;
}

const SCOPE_PREFIX = 'SCOPE#';

/** The partition key of everything in a credential scope, in the table and in its index. */
export function scopePk(scopeKey: ScopeKey): string {
  return `${SCOPE_PREFIX}${scopeKey}`;
}

/** Sort key of a mapping row. */
export function mappingSk({ role }: Pick<AssistantKey, 'role'>): string {
  return `ASSISTANT#${role}`;
}

/** The owner of a mapping row or of an organisation record; the role is absent for a record. */
export function ownerOfRow({ pk, sk }: Item): { orgId: string; role?: Role } {
  const orgId = (pk?.S ?? '').slice(organisationPk('').length);
  const role = ROLES.find((known) => sk?.S === mappingSk({ role: known }));
  return { orgId, role };
}

/** What the keys of a mapping row tell when nothing else of it can be read. */
export function unreadableMapping(item: Item): UnreadableMapping {
  const isIndexed = item.gsi1pk?.S?.startsWith(SCOPE_PREFIX);
  const [assistantCreatedAt, assistantId] = isIndexed ? (item.gsi1sk?.S ?? '').split('#') : [];
  return {
    unreadable: rowName(item),
    ...ownerOfRow(item),
    ...(assistantId && assistantCreatedAt ? { assistantId, assistantCreatedAt } : {}),
  };
}

/** Absent optional fields are not stored. */
export const MARSHALLING = { removeUndefinedValues: true } as const;

/** The partition of the index with rows that were claimed and name no assistant yet. */
export const UNFINISHED_PK = 'UNFINISHED';

/**
 * The partition of the table with the organisations that have, or had, an account of their own; the sort key is the id.
 */
export const OWN_ACCOUNTS_PK = 'OWN-ACCOUNTS';

/**
 * The index keys of a mapping. `gsi1`: the assistants of one credential scope in the order in which Vapi made them, and
 * the rows that name none yet in the order of their claims. `gsi2`: the row that names an assistant, by its id; rows
 * older than this index enter it with their next write.
 */
export function indexKeys(orgId: string, change: MappingChange, before: string | undefined): Record<string, string> {
  const { scope, assistantId, assistantCreatedAt, claim } = change;
  const named = assistantId ?? before;
  const byId: Record<string, string> = named ? { gsi2pk: assistantPk(named) } : {};
  if (!before && claim) return { ...byId, gsi1pk: UNFINISHED_PK, gsi1sk: `${claim.since}#${orgId}` };
  if (!scope || !assistantId || !assistantCreatedAt) return byId;
  const inScope = {
    gsi1pk: scopePk(scopeKeyOf(scope, orgId)),
    gsi1sk: `${sortable(assistantCreatedAt)}#${assistantId}`,
  };
  return { ...byId, ...inScope };
}

/** Times sort as text only when they all have one format. */
function sortable(time: string): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? time : new Date(ms).toISOString();
}
