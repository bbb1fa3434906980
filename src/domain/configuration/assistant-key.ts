import * as z from 'zod/mini';
import { type FieldError, validationFailed } from '../problem.ts';
import { ID, ID_FORM } from './id.ts';

export const ROLES = ['inbound', 'outbound'] as const;
export type Role = (typeof ROLES)[number];

/** An organisation and a role: there is exactly one assistant for each pair. */
export interface AssistantKey {
  orgId: string;
  role: Role;
}

const orgIdSchema = z.string().check(z.regex(ID));
const roleSchema = z.enum(ROLES);

const ORG_ID_ERROR: FieldError = { field: 'orgId', detail: ID_FORM };
const ROLE_ERROR: FieldError = { field: 'role', detail: `use one of: ${ROLES.join(', ')}` };

/** True for what may be the id of an organisation. */
export function isOrgId(text: string): boolean {
  return orgIdSchema.safeParse(text).success;
}

/** Checks an organisation id. Throws `VALIDATION_FAILED`. */
export function parseOrgId(orgId: unknown): string {
  const parsed = orgIdSchema.safeParse(orgId);
  if (!parsed.success) throw validationFailed([ORG_ID_ERROR]);
  return parsed.data;
}

/** Checks both path parameters at once, so that one answer names all that is wrong. Throws `VALIDATION_FAILED`. */
export function parseAssistantKey(orgId: unknown, role: unknown): AssistantKey {
  const parsedOrgId = orgIdSchema.safeParse(orgId);
  const parsedRole = roleSchema.safeParse(role);
  if (parsedOrgId.success && parsedRole.success) return { orgId: parsedOrgId.data, role: parsedRole.data };
  throw validationFailed([...(parsedOrgId.success ? [] : [ORG_ID_ERROR]), ...(parsedRole.success ? [] : [ROLE_ERROR])]);
}

/** Organisations of the verification suite, which are removed with all that they have. */
const RESERVED = /^verify-/i;

/** True for an organisation that only the verification suite may make, and that it removes. */
export function isReserved(orgId: string): boolean {
  return RESERVED.test(orgId);
}

/** Throws `VALIDATION_FAILED` for the name of an organisation that only the verification suite may make. */
export function assertNotReserved(orgId: string): void {
  if (!isReserved(orgId)) return;
  const detail =
    'names that begin with verify- are those of the verification suite, which removes them; choose another one';
  throw validationFailed([{ field: 'orgId', detail }]);
}
