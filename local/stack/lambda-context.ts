import type { Context } from 'aws-lambda';

/** The context of an invocation that is not on Lambda. */
export function lambdaContext({
  functionName,
  ...given
}: Pick<Context, 'functionName' | 'awsRequestId' | 'getRemainingTimeInMillis'>): Context {
  return {
    functionName,
    ...given,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:eu-central-1:000000000000:function:${functionName}`,
    memoryLimitInMB: '512',
    logGroupName: 'local',
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: false,
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}
