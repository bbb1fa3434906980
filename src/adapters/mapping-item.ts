import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { type AssistantKey, ROLES } from '../domain/assistant-key.ts';
import type { AssistantMapping, MappingChange, OrganisationRecord } from '../domain/assistant-mapping.ts';

export type Item = Record<string, AttributeValue>;

const scopeSchema = z.enum(['platform', 'org']);

const claimSchema = z.object({
  token: z.string(),
  operation: z.enum(['create', 'recreate', 'update', 'adopt', 'delete']),
  scope: scopeSchema,
  startedAt: z.string(),
  since: z.string(),
  expiresAt: z.string(),
  unresolvedAt: z.exactOptional(z.string()),
});

const retireeSchema = z.object({
  assistantId: z.string(),
  scope: scopeSchema,
  keyFingerprint: z.exactOptional(z.string()),
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
  attempted: z._default(z.array(z.object({ specHash: z.string(), until: z.string() })), []),
  finalisedBy: z.exactOptional(z.string()),
  claim: z.exactOptional(claimSchema),
  tools: z._default(z.object({ status: z.enum(['none', 'linked', 'pending']), count: z.number() }), {
    status: 'none',
    count: 0,
  }),
  retiring: z._default(z.array(retireeSchema), []),
  createdAt: z.string(),
  updatedAt: z.string(),
});

const recordSchema = z.object({
  vapiAssistantId: z.optional(z.nullable(z.string())),
  vapiPhoneNumberId: z.optional(z.nullable(z.string())),
});

export const ORGANISATION_SK = 'PROFILE';

/** Primary key of the rows of an organisation. */
export function organisationPk(orgId: string): string {
  return `ORG#${orgId}`;
}

/** Sort key of a mapping row. */
export function mappingSk({ role }: Pick<AssistantKey, 'role'>): string {
  return `ASSISTANT#${role}`;
}

/** Reads a mapping row. Throws a `ZodError` for a row that nobody here has written. */
export function parseMapping(item: Item): AssistantMapping {
  return mappingSchema.parse(unmarshall(item));
}

/** Reads an organisation record. Its ids may be null or missing. */
export function parseOrganisationRecord(item: Item): OrganisationRecord {
  const { vapiAssistantId, vapiPhoneNumberId } = recordSchema.parse(unmarshall(item));
  return {
    ...(vapiAssistantId ? { vapiAssistantId } : {}),
    ...(vapiPhoneNumberId ? { vapiPhoneNumberId } : {}),
  };
}

/** Index keys for a mapping: the assistants of one credential scope in the order in which Vapi made them. */
export function indexKeys(orgId: string, change: MappingChange): Record<string, string> {
  const { scope, assistantId, assistantCreatedAt } = change;
  if (!scope || !assistantId || !assistantCreatedAt) return {};
  const owner = scope === 'platform' ? 'platform' : `org:${orgId}`;
  return { gsi1pk: `SCOPE#${owner}`, gsi1sk: `${assistantCreatedAt}#${assistantId}` };
}
