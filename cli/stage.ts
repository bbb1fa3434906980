import { CliError } from './exit.ts';

/** The name of the service in serverless.yml: a stage is the stack `vapi-sync-<stage>`. */
export const SERVICE = 'vapi-sync';

/** The default region of a stage: that of the AWS CLI, or of serverless.yml. */
export function standardRegion(): string {
  return process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'eu-central-1';
}

/** What calling the API of a stage takes. */
interface StageAccess {
  baseUrl: string;
  region: string;
  credentials(): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>;
}

/**
 * Finds the API of a stage in the outputs of its stack, by the caller's own credentials. Throws a `CliError` without
 * one.
 */
export async function accessStage(stage: string, region = standardRegion()): Promise<StageAccess> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = new CloudFormationClient({ region });
  const StackName = `${SERVICE}-${stage}`;
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName })).catch((error: unknown) => {
    if (!Error.isError(error) || !/does not exist/.test(error.message)) throw error;
    throw new CliError(`There is no stack ${StackName} in ${region}. Name another --stage or --region, or deploy it.`);
  });
  const baseUrl = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'HttpApiUrl')?.OutputValue;
  if (!baseUrl) throw new CliError(`The stack ${StackName} has no output HttpApiUrl. Was its deployment finished?`);
  return { baseUrl, region, credentials: async () => await client.config.credentials() };
}
