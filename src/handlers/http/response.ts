import { PROBLEMS, Problem } from '../../domain/problem.ts';

export interface HttpResponse {
  statusCode: number;
  headers: Record<string, string>;
  body?: string;
}

/** A JSON answer. */
export function jsonResponse(
  statusCode: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return { statusCode, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** Maps what was thrown to an answer (RFC 9457). Anything unexpected becomes a 500 that says nothing of it. */
export function problemResponse(error: unknown, operationId: string): HttpResponse {
  const problem = error instanceof Problem ? error : UNEXPECTED;
  const { status, title } = PROBLEMS[problem.code];
  const body = {
    type: `urn:vapi-sync:problem:${problem.code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: problem.message,
    code: problem.code,
    operationId,
    retryable: problem.retryable,
    errors: problem.errors,
  };
  return {
    statusCode: status,
    headers: {
      'Content-Type': 'application/problem+json',
      ...(problem.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(problem.retryAfterSeconds) }),
    },
    body: JSON.stringify(body),
  };
}

const UNEXPECTED = new Problem(
  'INTERNAL',
  'Something unexpected went wrong. The log has it under this operationId; repeating the request is safe.',
);
