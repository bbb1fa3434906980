import * as z from 'zod/mini';
import type { DesiredAssistant } from '../../domain/configuration/configuration.ts';
import { validationFailed } from '../../domain/problem.ts';

const rollbackSchema = z.lazy(() => z.strictObject({ specHash: z.string().check(z.regex(/^[0-9a-f]{64}$/)) }));

/** Reads the body of a rollback: the hash of the configuration to go back to. Throws `VALIDATION_FAILED`. */
export function parseRollback(body: unknown): string {
  const parsed = rollbackSchema.safeParse(body);
  if (parsed.success) return parsed.data.specHash;
  const detail = 'send {"specHash": "…"} with one of the hashes that GET …/history names, and nothing else';
  throw validationFailed([{ field: 'body', detail }]);
}

/** The hash that was asked for, and why the applied configuration may have another one. */
export function rollbackNote(requested: string, { specHash }: DesiredAssistant): { requested: string; note?: string } {
  if (requested === specHash) return { requested };
  const note =
    'The stored configuration can no longer be applied unchanged (see voice): it was brought up to date, and so has another specHash.';
  return { requested, note };
}
