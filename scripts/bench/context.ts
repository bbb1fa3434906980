import type { Context } from 'aws-lambda';
import { lambdaContext } from '../../local/stack/lambda-context.ts';

/** A Lambda context with the time that the API leaves. */
export function benchContext(): Context {
  const ends = Date.now() + 29_000;
  const getRemainingTimeInMillis = () => ends - Date.now();
  return lambdaContext({ functionName: 'bench', awsRequestId: 'bench', getRemainingTimeInMillis });
}
