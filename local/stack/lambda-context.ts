import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';

/** The context of an invocation outside of Lambda. */
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

/** The same for an invocation that starts now and has this many ms. */
export function invocationOf(functionName: string, timeoutMs: number): Context {
  const ends = Date.now() + timeoutMs;
  const getRemainingTimeInMillis = () => Math.max(0, ends - Date.now());
  return lambdaContext({ functionName, awsRequestId: randomUUID(), getRemainingTimeInMillis });
}
