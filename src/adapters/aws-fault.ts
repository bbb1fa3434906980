import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { Problem } from '../domain/problem.ts';

/** What a client of AWS may be told to wait for, in seconds: the SDK has tried three times by then. */
const RETRY_AFTER_S = 2;

/**
 * The problem behind an error of an AWS client that passes by itself: a table or a queue that does not answer, is
 * throttled or fails. Undefined for everything else, a refusal of access above all: waiting does not cure that.
 */
export function storageProblem(thrown: unknown): Problem | undefined {
  if (!isSdkError(thrown)) return undefined;
  if (!isUnanswered(thrown) && !isTransientError(thrown) && !isThrottlingError(thrown) && !isServerError(thrown)) {
    return undefined;
  }
  return new Problem(
    'STORAGE_UNAVAILABLE',
    'The table or the queue does not answer at the moment. Repeat the request: whatever was begun is gone on with.',
    { retryAfterSeconds: RETRY_AFTER_S, cause: thrown },
  );
}

type SdkError = Parameters<typeof isTransientError>[0];

/** Every error may be one: what tells them apart is optional. */
function isSdkError(thrown: unknown): thrown is SdkError {
  return Error.isError(thrown);
}

/** It was sent, as attempts are counted, and no answer came, as there is no status. */
function isUnanswered({ $metadata }: SdkError): boolean {
  return $metadata?.attempts !== undefined && $metadata.httpStatusCode === undefined;
}
