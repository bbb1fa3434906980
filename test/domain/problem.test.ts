import { PROBLEMS, Problem, type ProblemCode, validationFailed } from '../../src/domain/problem.ts';

/** The published table: callers switch on these. */
const PUBLISHED: [ProblemCode, number, boolean][] = [
  ['VALIDATION_FAILED', 400, false],
  ['FORBIDDEN_ORG', 403, false],
  ['NOT_FOUND', 404, false],
  ['UNKNOWN_ORGANISATION', 404, false],
  ['SYNC_IN_PROGRESS', 409, true],
  ['ASSISTANT_TAKEN', 409, false],
  ['VAPI_CONFLICT', 409, true],
  ['PINNED', 409, false],
  ['PRECONDITION_FAILED', 412, false],
  ['VAPI_REJECTED', 422, false],
  ['VARIABLES_MISSING', 422, false],
  ['TEMPLATE_UNKNOWN', 422, false],
  ['REFERENCE_UNRESOLVED', 422, false],
  ['ROLLOUT_IN_PROGRESS', 409, false],
  ['ROLLOUT_STATE', 409, false],
  ['CREDENTIALS_MISSING', 500, false],
  ['CREDENTIALS_INVALID', 500, false],
  ['VAPI_UNAUTHORIZED', 502, false],
  ['VAPI_UNAVAILABLE', 503, true],
  ['CIRCUIT_OPEN', 503, true],
  ['STORAGE_UNAVAILABLE', 503, true],
  ['CREATE_UNRESOLVED', 503, true],
  ['INTERNAL', 500, false],
];

describe('the published problems', () => {
  it('are these and no others', () => {
    expect(Object.keys(PROBLEMS)).toEqual(PUBLISHED.map(([code]) => code));
  });

  it.each(PUBLISHED)(
    '%s is %i, retryable: %s; a retryable one always says after how long',
    (code, status, retryable) => {
      const problem = new Problem(code, 'what to do');
      expect(PROBLEMS[code].status).toBe(status);
      expect(PROBLEMS[code].title).not.toBe('');
      expect(problem.retryable).toBe(retryable);
      expect(problem.retryAfterSeconds).toBe(retryable ? 1 : undefined);
    },
  );
});

describe('a problem', () => {
  it('is an error with a name, a code and a detail', () => {
    const problem = new Problem('NOT_FOUND', 'Create it first.');
    expect(problem).toBeInstanceOf(Error);
    expect({ ...problem, message: problem.message }).toEqual({
      name: 'Problem',
      code: 'NOT_FOUND',
      message: 'Create it first.',
      errors: [],
      retryAfterSeconds: undefined,
      withoutEffect: false,
    });
  });

  it('keeps its cause, and has none when none was given', () => {
    const cause = new Error('socket hang up');
    expect(new Problem('VAPI_UNAVAILABLE', 'x', { cause }).cause).toBe(cause);
    expect(Object.hasOwn(new Problem('VAPI_UNAVAILABLE', 'x'), 'cause')).toBe(false);
  });

  it('can be retried when it says after how long, whatever its code: a secret store may only be throttled', () => {
    const problem = new Problem('CREDENTIALS_INVALID', 'x', { retryAfterSeconds: 2 });
    expect([problem.retryable, problem.retryAfterSeconds]).toEqual([true, 2]);
  });

  it('takes the given time before that of its code', () => {
    expect(new Problem('CIRCUIT_OPEN', 'x', { retryAfterSeconds: 60 }).retryAfterSeconds).toBe(60);
  });
});

describe('a failed validation', () => {
  const errors = [
    { field: 'name', detail: 'use at most 40 characters' },
    { field: 'model.provider', detail: 'name one' },
  ];

  it('names every field in its text and in its list, in their order', () => {
    const problem = validationFailed(errors);
    expect(problem.code).toBe('VALIDATION_FAILED');
    expect(problem.message).toBe('name: use at most 40 characters; model.provider: name one');
    expect(problem.errors).toEqual(errors);
    expect(problem.retryable).toBe(false);
  });
});

it('names a hundred fields and how many follow: an answer must not be larger than Lambda hands on', () => {
  const errors = Array.from({ length: 60_000 }, (_, index) => ({ field: `field${index}`, detail: 'remove it' }));
  const problem = validationFailed(errors);
  expect(problem.errors).toEqual(errors.slice(0, 100));
  expect(problem.message).toMatch(/field99: remove it; and 59900 more$/);
});
