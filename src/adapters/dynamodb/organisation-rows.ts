import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { DRIFT_MODES, type OrganisationRecord } from '../../domain/account/organisation-record.ts';
import type { ScopeKey } from '../../domain/account/scope.ts';
import { ACTOR_KINDS } from '../../domain/actor.ts';
import { ROLES } from '../../domain/configuration/assistant-key.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { type AssistantMapping, NO_TOOLS } from '../../domain/mapping/assistant-mapping.ts';
import type { MappingChange } from '../../domain/mapping/stores.ts';
import type { Item } from './rows/table-keys.ts';

/** A credential scope as the table and the queue name it. */
export const scopeKeySchema = z.custom<ScopeKey>(
  (value) => typeof value === 'string' && (value === 'platform' || value.startsWith('org:')),
);

const scopeSchema = z.enum(['platform', 'org']);

/** Who changed something, as it is stored. */
export const actorSchema = z.object({ kind: z.enum(ACTOR_KINDS), id: z.string() });

/** A claim as it is stored in a row of any kind. */
export const claimSchema = z.object({
  token: z.string(),
  operation: z.enum(['create', 'recreate', 'update', 'adopt', 'delete']),
  scope: scopeSchema,
  startedAt: z.string(),
  since: z.string(),
  expiresAt: z.string(),
  by: z.catch(z.optional(actorSchema), undefined),
  operationId: z.exactOptional(z.string()),
  unresolvedAt: z.exactOptional(z.string()),
});

const retireeSchema = z.object({
  assistantId: z.string(),
  scope: scopeSchema,
  keyFingerprint: z.exactOptional(z.string()),
});

const attemptSchema = z.object({
  specHash: z.string(),
  until: z.string(),
  toolIds: z.exactOptional(z.array(z.string())),
});

const toolsSchema = z.object({
  status: z.enum(['none', 'linked', 'pending']),
  count: z.number(),
  // Rows older than tools name none.
  wanted: z._default(z.array(z.string()), []),
  linked: z._default(z.array(z.object({ hash: z.string(), toolId: z.string() })), []),
  refused: z.exactOptional(z.string()),
});

const phoneNumberSchema = z.object({
  id: z.string(),
  status: z.enum(['pending', 'linked', 'foreign', 'missing']),
  previous: z.array(z.string()),
});

const formerNumberSchema = z.object({ id: z.string(), scope: scopeSchema, assistantIds: z.array(z.string()) });

const driftSchema = z.object({
  class: z.enum(['drifted', 'missing', 'pending', 'pinned']),
  since: z.string(),
  runId: z.string(),
  fields: z.array(z.string()),
  heals: z.number(),
  healedAt: z.exactOptional(z.string()),
});

const liveSchema = z.object({
  state: z.enum(['current', 'pinned', 'unknown']),
  versions: z.exactOptional(z.array(z.object({ version: z.string(), percentage: z.number() }))),
});

const jsonObjectSchema = z.custom<JsonObject>(isJsonObject);

const jsonTextSchema = z.pipe(
  z.string(),
  z.transform((text): unknown => JSON.parse(text)),
);

/**
 * Stored as JSON text, so that it comes back unchanged: DynamoDB takes numbers of at most 38 digits and nesting of at
 * most 32 levels.
 */
const givenSchema = z.exactOptional(z.pipe(jsonTextSchema, jsonObjectSchema));

const templateSchema = z.object({
  id: z.string(),
  version: z.number(),
  variables: givenSchema,
  overrides: givenSchema,
  operationId: z.string(),
});

const summarySchema = z.object({
  name: z.exactOptional(z.string()),
  model: z.exactOptional(z.string()),
  voice: z.exactOptional(z.string()),
});

const mappingSchema = z.object({
  orgId: z.string(),
  role: z.enum(ROLES),
  revision: z.number(),
  assistantId: z.exactOptional(z.string()),
  assistantCreatedAt: z.exactOptional(z.string()),
  scope: z.exactOptional(scopeSchema),
  vapiOrgId: z.exactOptional(z.string()),
  keyFingerprint: z.exactOptional(z.string()),
  specHash: z.exactOptional(z.string()),
  specShape: z.exactOptional(z.string()),
  attempted: z._default(z.array(attemptSchema), []),
  finalisedBy: z.exactOptional(z.string()),
  claim: z.exactOptional(claimSchema),
  tools: z._default(toolsSchema, { ...NO_TOOLS, wanted: [], linked: [] }),
  phoneNumber: z.exactOptional(phoneNumberSchema),
  // Rows of version 0.1.0 do not have the number that another one has replaced.
  formerNumbers: z._default(z.array(formerNumberSchema), []),
  // Only notes, for people and for the next drift run: an unreadable one must not stop a sync.
  drift: z.catch(z.optional(driftSchema), undefined),
  live: z.catch(z.optional(liveSchema), undefined),
  summary: z.catch(z.optional(summarySchema), undefined),
  changedBy: z.catch(z.optional(actorSchema), undefined),
  changedAt: z.exactOptional(z.string()),
  template: z.exactOptional(templateSchema),
  revisedBy: z.exactOptional(z.string()),
  retiring: z._default(z.array(retireeSchema), []),
  createdAt: z.string(),
  updatedAt: z.string(),
});

/** Marks pointers that cannot be read. */
const UNREADABLE: string[] = [];

const recordSchema = z.object({
  vapiAssistantId: z.optional(z.nullable(z.string())),
  vapiPhoneNumberId: z.optional(z.nullable(z.string())),
  driftMode: z.catch(z.optional(z.enum(DRIFT_MODES)), 'report'),
  driftIgnore: z.catch(z.optional(z.array(z.string())), UNREADABLE),
});

/** Reads a mapping row. Throws a `ZodError` for a row of another shape. */
export function parseMapping(item: Item): AssistantMapping {
  return mappingSchema.parse(unmarshall(item));
}

/**
 * Reads an organisation record. Its ids may be null or missing. An unreadable value must not allow any change: when it
 * is unknown which fields to leave alone, drift runs only report.
 */
export function parseOrganisationRecord(item: Item): OrganisationRecord {
  const { vapiAssistantId, vapiPhoneNumberId, driftMode, driftIgnore } = recordSchema.parse(unmarshall(item));
  const isUnreadable = driftIgnore === UNREADABLE;
  const mode = isUnreadable && driftMode !== 'off' ? 'report' : driftMode;
  return {
    vapiAssistantId: vapiAssistantId || undefined,
    vapiPhoneNumberId: vapiPhoneNumberId || undefined,
    driftMode: mode,
    driftIgnore: isUnreadable ? undefined : driftIgnore,
  };
}

/** The attributes that a change writes, as they are stored. */
export function storedFields({ template, ...change }: MappingChange): Record<string, unknown> {
  if (!template) return { ...change, template };
  const { variables, overrides } = template;
  return { ...change, template: { ...template, variables: jsonText(variables), overrides: jsonText(overrides) } };
}

function jsonText(value: JsonObject | undefined): string | undefined {
  return value && JSON.stringify(value);
}
