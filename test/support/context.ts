import type { Context } from 'aws-lambda';

/** A Lambda context whose time is counted by the caller, in ms. */
export function contextOf(getRemainingTimeInMillis: () => number, awsRequestId = 'request-1'): Context {
  return {
    awsRequestId,
    functionName: 'sync',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:sync',
    memoryLimitInMB: '512',
    logGroupName: 'group',
    logStreamName: 'stream',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis,
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}
