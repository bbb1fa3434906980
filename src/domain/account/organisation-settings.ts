import * as z from 'zod/mini';
import { type ExpectedRevision, isExpected } from '../expected-revision.ts';
import { fieldErrorsIn } from '../field-errors.ts';
import { Problem, validationFailed } from '../problem.ts';
import { DRIFT_MODES, type OrganisationRecord } from './organisation-record.ts';

/** An organisation record as it is stored. A record that was not written by a PUT has revision 0. */
export interface StoredOrganisation {
  record: OrganisationRecord;
  revision: number;
}

/** The records of organisations. Reads are consistent. */
export interface OrganisationStore {
  read(orgId: string): Promise<StoredOrganisation | undefined>;
  /** Replaces the record that was read, or makes one where there was none. False when it has changed meanwhile. */
  replace(orgId: string, from: StoredOrganisation | undefined, record: OrganisationRecord): Promise<boolean>;
}

const UNKNOWN_FIELD = 'unknown field; a record has vapiAssistantId, vapiPhoneNumberId, driftMode, driftIgnore';
const A_POINTER = 'use JSON Pointers, for example /voice/speed';
const POINTER = /^(?:\/(?:[^~/]|~[01])*)+$/;

/** A hundred of the longest are far from what an item takes: each sync reads the record. */
const LONGEST_POINTER = 500;

const pointer = z.custom<string>(
  (value) => typeof value === 'string' && value.isWellFormed() && POINTER.test(value),
  A_POINTER,
);
const short = z.string(A_POINTER).check(z.maxLength(LONGEST_POINTER, `use at most ${LONGEST_POINTER} characters`));

/** Absent and null mean the same: not set. */
const field = <T extends z.ZodMiniType>(schema: T) => z.optional(z.nullable(schema));

const schema = z.lazy(() =>
  z.strictObject(
    {
      vapiAssistantId: field(z.uuid('use the id of an assistant at Vapi (a UUID)')),
      vapiPhoneNumberId: field(z.uuid('use the id of a phone number at Vapi (a UUID)')),
      driftMode: field(z.enum(DRIFT_MODES, `use one of: ${DRIFT_MODES.join(', ')}`)),
      driftIgnore: field(
        z
          .array(z.pipe(short, pointer), 'must be a list of JSON Pointers')
          .check(z.maxLength(100, 'use at most 100 pointers')),
      ),
    },
    'must be a JSON object',
  ),
);

/** Checks the body of a PUT of an organisation. Throws `VALIDATION_FAILED` naming every wrong field. */
export function parseOrganisationRequest(body: unknown): OrganisationRecord {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    throw validationFailed(parsed.error.issues.flatMap((issue) => fieldErrorsIn(issue, UNKNOWN_FIELD)));
  }
  const { vapiAssistantId, vapiPhoneNumberId, driftMode, driftIgnore } = parsed.data;
  return {
    vapiAssistantId: vapiAssistantId ?? undefined,
    vapiPhoneNumberId: vapiPhoneNumberId ?? undefined,
    driftMode: driftMode ?? undefined,
    driftIgnore: driftIgnore ?? undefined,
  };
}

interface ReplacedOrganisation extends StoredOrganisation {
  outcome: 'created' | 'updated' | 'unchanged';
}

/**
 * Replaces the record of an organisation, and so makes the organisation known. An equal record is not written again.
 * Throws `PRECONDITION_FAILED` when the record is not as expected, `SYNC_IN_PROGRESS` when another call replaced it at
 * the same time.
 */
export async function replaceOrganisation(
  organisations: OrganisationStore,
  { orgId, record, expected }: { orgId: string; record: OrganisationRecord; expected: ExpectedRevision },
): Promise<ReplacedOrganisation> {
  const stored = await organisations.read(orgId);
  assertExpected(stored, expected);
  if (stored && isSame(stored.record, record)) return { ...stored, outcome: 'unchanged' };
  if (await organisations.replace(orgId, stored, record)) {
    return { record, revision: (stored?.revision ?? 0) + 1, outcome: stored ? 'updated' : 'created' };
  }
  throw new Problem(
    'SYNC_IN_PROGRESS',
    'Another call has changed the record at the same time. GET it and decide anew.',
  );
}

function assertExpected(stored: StoredOrganisation | undefined, expected: ExpectedRevision): void {
  if (isExpected(expected, stored?.revision)) return;
  const found = stored ? `its revision is ${stored.revision}` : 'there is none';
  const detail = `The organisation record is not as the request expects it to be: ${found}. GET it, decide anew, and repeat.`;
  throw new Problem('PRECONDITION_FAILED', detail);
}

function isSame(a: OrganisationRecord, b: OrganisationRecord): boolean {
  return (
    a.vapiAssistantId === b.vapiAssistantId &&
    a.vapiPhoneNumberId === b.vapiPhoneNumberId &&
    a.driftMode === b.driftMode &&
    JSON.stringify(a.driftIgnore) === JSON.stringify(b.driftIgnore)
  );
}
