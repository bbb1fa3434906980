import { ProblemError } from '../client/index.ts';

/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, changes: 2, usage: 64, interrupted: 130 } as const;

/** Ends a command with a sentence and without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What an error says of itself, to be put behind what was tried. */
export function messageOf(error: unknown): string {
  return Error.isError(error) ? error.message : 'unknown error';
}

/** An error as lines for people, without a stack. */
export function sentencesOf(error: unknown): string[] {
  if (error instanceof ProblemError) return problemLines(error);
  if (!Error.isError(error)) return [String(error)];
  if (error instanceof CliError) return [error.message];
  if (
    /Credential|ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidSignature/.test(
      `${error.name} ${error.message}`,
    )
  ) {
    return [
      `AWS does not take the credentials: ${error.message.replace(/\.?$/, '.')} Sign in again, or set AWS_PROFILE.`,
    ];
  }
  return [networkSentence(error) ?? error.message];
}

/** What went wrong on the way to the service and back. */
function networkSentence({ message, cause, name }: Error): string | undefined {
  if (message === 'fetch failed') {
    const why = Error.isError(cause) && 'code' in cause ? String(cause.code) : messageOf(cause);
    return `The service could not be reached (${why}). Check the address and the network.`;
  }
  if (message === 'terminated') return 'The answer of the service broke off. Run it again.';
  if (name !== 'SyntaxError' || !/JSON/.test(message)) return undefined;
  return `What answered is not the service, or something before it: ${message}. Check the address.`;
}

function problemLines({ message, status, problem, operationId }: ProblemError): string[] {
  const fields = (problem?.errors ?? []).map(({ field, detail }) => `${field}: ${detail}`);
  // The detail is often nothing but the fields in one line.
  const isList = problem?.detail === fields.join('; ');
  const head = problem && isList && fields.length > 1 ? `${problem.code}: ${problem.title}` : message;
  const below = isList && fields.length === 1 ? [] : fields.map((field) => `  ${field}`);
  const remedy = problem || (status !== 401 && status !== 403) ? [] : ['Check the token, or the rights of the caller.'];
  return [head, ...below, ...remedy, ...(operationId ? [`(operation ${operationId})`] : [])];
}
