import * as z from 'zod/mini';
import { ROLES } from '../configuration/assistant-key.ts';

const checkSchema = z.object({
  /** `NONE`: there is nothing to check. `UNKNOWN`: it could not be checked, because an earlier check failed. */
  status: z.enum(['PASS', 'FAIL', 'NONE', 'UNKNOWN']),
  message: z.string(),
});

const assistantSchema = z.object({
  role: z.enum(ROLES),
  assistantId: z.nullable(z.string()),
  /** As `GET /orgs/{orgId}/assistants` gives it. */
  state: z.string(),
  status: z.enum(['PASS', 'FAIL']),
  checks: z.object({
    there: checkSchema,
    equal: checkSchema,
    tools: checkSchema,
    phoneNumber: checkSchema,
    voice: checkSchema,
    live: checkSchema,
  }),
  /**
   * Each field that differs from what was applied last: JSON Pointer, wanted and live value; `live` is absent when the
   * field is absent at Vapi.
   */
  differences: z.array(z.object({ path: z.string(), wanted: z.unknown(), live: z.optional(z.unknown()) })),
});

/** The shape of the answer of `POST /orgs/{orgId}/verify`. */
export const organisationReportSchema = z.object({
  orgId: z.string(),
  operationId: z.string(),
  durationMs: z.number(),
  /** True when every check of every assistant passed or had nothing to check. */
  healthy: z.boolean(),
  assistants: z.array(assistantSchema),
});

export type OrganisationReport = z.infer<typeof organisationReportSchema>;
export type AssistantReport = z.infer<typeof assistantSchema>;
export type Check = z.infer<typeof checkSchema>;
