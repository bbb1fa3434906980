/**
 * Every answer that is not a success. `status` is the HTTP status, `retryable` says whether the same request can
 * succeed later without anybody changing anything.
 */
export const PROBLEMS = {
  VALIDATION_FAILED: { status: 400, title: 'The request is not valid', retryable: false },
  FORBIDDEN_ORG: { status: 403, title: 'Not your organisation', retryable: false },
  NOT_FOUND: { status: 404, title: 'Not found', retryable: false },
  UNKNOWN_ORGANISATION: { status: 404, title: 'No such organisation', retryable: false },
  SYNC_IN_PROGRESS: { status: 409, title: 'Another sync of this assistant is running', retryable: true },
  ASSISTANT_TAKEN: { status: 409, title: 'The assistant belongs to another mapping', retryable: false },
  VAPI_CONFLICT: { status: 409, title: 'Vapi is changing this at the moment', retryable: true },
  PINNED: { status: 409, title: 'Something at Vapi is pinned', retryable: false },
  PRECONDITION_FAILED: { status: 412, title: 'The assistant has changed meanwhile', retryable: false },
  VAPI_REJECTED: { status: 422, title: 'Vapi refused the configuration', retryable: false },
  VARIABLES_MISSING: { status: 422, title: 'Values of the template are missing', retryable: false },
  TEMPLATE_UNKNOWN: { status: 422, title: 'No such template', retryable: false },
  REFERENCE_UNRESOLVED: { status: 422, title: 'A name stands for nothing, or for several things', retryable: false },
  ROLLOUT_IN_PROGRESS: { status: 409, title: 'Another rollout of the template is open', retryable: false },
  ROLLOUT_STATE: { status: 409, title: 'The state of the rollout does not allow that', retryable: false },
  CREDENTIALS_MISSING: { status: 500, title: 'No Vapi key is configured', retryable: false },
  CREDENTIALS_INVALID: { status: 500, title: 'The Vapi key cannot be used', retryable: false },
  VAPI_UNAUTHORIZED: { status: 502, title: 'Vapi does not accept the key', retryable: false },
  VAPI_UNAVAILABLE: { status: 503, title: 'Vapi is not available', retryable: true },
  CIRCUIT_OPEN: { status: 503, title: 'Calls to Vapi are paused', retryable: true },
  STORAGE_UNAVAILABLE: { status: 503, title: 'The table or the queue is not available', retryable: true },
  CREATE_UNRESOLVED: { status: 503, title: 'It is not known yet whether Vapi made the assistant', retryable: true },
  INTERNAL: { status: 500, title: 'Internal error', retryable: false },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** Problems whose detail may quote the caller or Vapi: it stays out of logs and findings. */
const QUOTING: readonly ProblemCode[] = [
  'VALIDATION_FAILED',
  'REFERENCE_UNRESOLVED',
  'VAPI_REJECTED',
  'VAPI_CONFLICT',
  'PINNED',
];

/** The field error for a cursor that this list never gave out. `note` adds how to use the cursor. */
export function cursorError(note?: string): FieldError {
  return { field: 'cursor', detail: ['send the `next` of the page before', ...(note ? [note] : [])].join(', ') };
}

/** One field that is wrong: its path in dots (`model.provider`) and what to do about it. */
export interface FieldError {
  field: string;
  detail: string;
}

interface ProblemOptions {
  errors?: readonly FieldError[];
  /** Seconds until another try makes sense. Only for problems that waiting can solve. */
  retryAfterSeconds?: number;
  /** True when it is certain that nothing was changed at Vapi. */
  withoutEffect?: boolean;
  cause?: unknown;
}

/** An expected failure. `detail` is written for the caller: it never holds a key, a prompt or a stack. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;
  readonly withoutEffect: boolean;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors ?? [];
    this.withoutEffect = options.withoutEffect ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds ?? (PROBLEMS[code].retryable ? 1 : undefined);
  }

  /** True when the same request may succeed later; such a problem always has `retryAfterSeconds`. */
  get retryable(): boolean {
    return this.retryAfterSeconds !== undefined;
  }
}

/**
 * The problem of a row that cannot be parsed: edited by hand, restored in part, or written by a later version. `name`
 * is its primary key.
 */
export function unreadableRow(name: string): Problem {
  const detail = `The row ${name} of the table cannot be read. Restore it; docs/runbook.md#a-row-cannot-be-read says how.`;
  return new Problem('INTERNAL', detail);
}

/**
 * The most field errors that one answer names: a body of 1 MB can have so many that the answer would be larger than
 * Lambda returns (6 MB).
 */
const MOST_ERRORS = 100;

/**
 * One `VALIDATION_FAILED` for several field errors. Its detail names every field, or the first hundred and how many
 * more there are.
 */
export function validationFailed(errors: readonly FieldError[]): Problem {
  const named = errors.slice(0, MOST_ERRORS);
  const left = errors.length - named.length;
  const sentences = named.map(({ field, detail }) => `${field}: ${detail}`);
  const detail = [...sentences, ...(left > 0 ? [`and ${left} more`] : [])].join('; ');
  return new Problem('VALIDATION_FAILED', detail, { errors: named });
}

/** A pause in ms as `retryAfterSeconds`: in whole seconds, and at least one. */
export function secondsOf(pauseMs: number): number {
  return Math.max(1, Math.ceil(pauseMs / 1000));
}

/** What a log may say of a problem: its detail only where that quotes neither a caller nor Vapi. */
export function loggedAs({ code: problem, message }: Problem): { problem: ProblemCode; detail?: string } {
  return QUOTING.includes(problem) ? { problem } : { problem, detail: message };
}
