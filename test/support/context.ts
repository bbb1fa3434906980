import type { Context } from 'aws-lambda';
import { lambdaContext } from '../../local/stack/lambda-context.ts';

/** A Lambda context whose time is counted by the caller, in ms. */
export function contextOf(getRemainingTimeInMillis: () => number, awsRequestId = 'request-1'): Context {
  return lambdaContext({ functionName: 'sync', awsRequestId, getRemainingTimeInMillis });
}
