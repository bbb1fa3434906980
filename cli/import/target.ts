import { join } from 'node:path';
import { enterEmbeddedStack } from '../../local/stack/detached/embedded-stack.ts';
import { readServiceDefinition } from '../../local/stack/service-definition.ts';
import type { SyncDependencies } from '../../src/domain/operation.ts';

const CHECKOUT = join(import.meta.dirname, '../..');

/** The deployment to import into. Neither option: the embedded stack. */
export interface TargetOptions {
  stage?: string | undefined;
  /** The region of the stage or the table; by default that of the environment, or of serverless.yml. */
  region?: string | undefined;
  table?: string | undefined;
}

/** What the settings of the functions are called, for this process. */
export interface Target {
  name: string;
  /** True for the embedded stack with its Vapi stand-in. */
  isStandIn: boolean;
  close(): Promise<void>;
}

/** Gives this process the environment of the functions of a deployment. An import sends no task. */
export async function enterTarget({ stage, region, table }: TargetOptions): Promise<Target> {
  // Its own words are the output of this command, and there is no task that it could send.
  const unused = { TASK_QUEUE_URL: 'https://queue.invalid' };
  Object.assign(process.env, { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true', ...unused });
  if (table) return enterTable(table, region);
  if (stage && stage !== 'local') return enterStage(stage, region);
  return await enterEmbedded();
}

/** Throws one sentence when the table does not answer: then credentials, region or stage are wrong. */
export async function assertReachable({ mappings }: SyncDependencies, { name }: Target): Promise<void> {
  try {
    await mappings.read('nobody');
  } catch (error) {
    const why = Error.isError(error) ? `${error.name}: ${error.message}` : 'unknown error';
    const remedy = 'Nothing was done. Check the AWS credentials, the region and the stage.';
    throw new Error(`The table of ${name} cannot be read (${why}). ${remedy}`, { cause: error });
  }
}

function enterTable(table: string, region: string | undefined): Target {
  Object.assign(process.env, { TABLE_NAME: table, ...(region && { AWS_REGION: region }) });
  return { name: `the table ${table}`, isStandIn: false, close: async () => {} };
}

function enterStage(stage: string, named: string | undefined): Target {
  const definition = readServiceDefinition(join(CHECKOUT, 'serverless.yml'), stage);
  const { AWS_REGION: ofEnvironment = process.env.AWS_DEFAULT_REGION } = process.env;
  const AWS_REGION = named ?? ofEnvironment ?? definition.region;
  Object.assign(process.env, {
    AWS_REGION,
    TABLE_NAME: definition.tableName,
    SECRET_PREFIX: definition.secretPrefix,
    DEPLOYMENT_ID: `${definition.service}-${stage}`,
  });
  return { name: `stage ${stage} in ${AWS_REGION}`, isStandIn: false, close: async () => {} };
}

async function enterEmbedded(): Promise<Target> {
  const { isStandIn, release } = await enterEmbeddedStack();
  return { name: 'the embedded stack', isStandIn, close: async () => release() };
}
