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
  if (status === 401 && !problem) yield 'Open the address again that `vapi-sync console` has printed.';
  if (status === 403) yield 'Check the token, or the rights of the caller: these routes are for operators.';
  if (operationId) yield `Operation ${operationId}`;
}
