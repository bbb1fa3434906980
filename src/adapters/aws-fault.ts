import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { Problem } from '../domain/problem.ts';

/** How long a caller is told to wait, in seconds: the SDK has tried three times by then. */
const RETRY_AFTER_S = 2;

/**
 * The problem for an error of an AWS client that is temporary: a table or a queue that does not answer, is throttled or
 * fails. Undefined for everything else, above all for a denied access: waiting does not cure that.
 */
export function storageProblem(thrown: unknown): Problem | undefined {
  if (!isSdkError(thrown)) return undefined;
  if (!isUnanswered(thrown) && !isTransientError(thrown) && !isThrottlingError(thrown) && !isServerError(thrown)) {
    return undefined;
  }
  return new Problem(
    'STORAGE_UNAVAILABLE',
    'The table or the queue does not answer at the moment. Repeat the request: what was begun is continued.',
    { retryAfterSeconds: RETRY_AFTER_S, cause: thrown },
  );
}

type SdkError = Parameters<typeof isTransientError>[0];

/** Every error may be one, as the fields that distinguish it are optional. */
function isSdkError(thrown: unknown): thrown is SdkError {
  return Error.isError(thrown);
}

/** True when the request was sent (its attempts are counted) and no answer came (there is no status). */
function isUnanswered({ $metadata }: SdkError): boolean {
  return $metadata?.attempts !== undefined && $metadata.httpStatusCode === undefined;
}
