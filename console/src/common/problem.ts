import { ProblemError } from '../../../client/index.ts';

/** What went wrong, and what to do about it, in sentences. */
export function sentencesOf(error: unknown): string[] {
  if (error instanceof ProblemError) return [...problemOf(error)];
  if (error instanceof TypeError) return ['The console does not answer. See whether `vapi-sync console` still runs.'];
  return [error instanceof Error ? error.message : String(error)];
}

function* problemOf({ message, status, problem, operationId }: ProblemError): Generator<string> {
  yield message;
  for (const { field, detail } of problem?.errors ?? []) yield `${field}: ${detail}`;
  if (status === 401 && !problem) yield 'Check the token with which the console was started.';
  if (status === 403 && (!problem || problem.code === 'FORBIDDEN_ORG')) {
    yield 'Check the rights of the caller with which the console was started: most of it is for operators.';
  }
  if (operationId) yield `Operation ${operationId}`;
}
