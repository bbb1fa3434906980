import { GetFunctionConfigurationCommand, type LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';

/** What the function that checks tokens is told of them; empty where callers sign with IAM. */
const SETTING = 'JWT_ORG_CLAIM';

/**
 * Why a deployment must not go on: it would change how callers of a deployed stage sign in, so that all of them would
 * be refused from then on. Undefined when it changes nothing, or when there is no such stage yet. Throws what Lambda
 * answers.
 */
export async function authChange(
  lambda: Pick<LambdaClient, 'send'>,
  { functionName, wanted }: { functionName: string; wanted: string },
): Promise<string | undefined> {
  const deployed = await deployedSetting(lambda, functionName);
  if (deployed === undefined || deployed === wanted) return undefined;
  return `auth: callers of the deployed stage ${waysOf(deployed)}, and would have to ${waysOf(wanted)}: all of them would be refused. If that is meant, add --param confirmAuthChange=true; else name the parameters of the stage in infrastructure/stages/<stage>.yml`;
}

function waysOf(claim: string): string {
  return claim === '' ? 'sign with IAM' : `bring tokens with the claim ${claim}`;
}

async function deployedSetting(lambda: Pick<LambdaClient, 'send'>, functionName: string): Promise<string | undefined> {
  try {
    const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
    return Environment?.Variables?.[SETTING] ?? '';
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
