import { join } from 'node:path';
import { chosenVapi, dataDirectory, enterLocalAws, functionEnvironment } from '../local-environment.ts';
import type { Environment } from '../servers.ts';
import { localDefinition } from '../stack.ts';
import { useStack } from './use-stack.ts';

const CHECKOUT = join(import.meta.dirname, '../../..');

/** The embedded stack of this checkout, as the AWS account of this process. */
interface EmbeddedStack {
  /** The environment of the functions, and the stack's own. */
  environment: Environment;
  /** False when the developer's own Vapi is used instead of the stand-in. */
  isStandIn: boolean;
  release(): void;
}

/**
 * Finds the embedded stack or starts it, on the data that `sls invoke local` has, and makes this process see what a
 * function sees.
 */
export async function enterEmbeddedStack(): Promise<EmbeddedStack> {
  const vapi = chosenVapi(process.env);
  const { service, stage } = localDefinition();
  const stack = await useStack({ directory: dataDirectory(CHECKOUT, vapi), hasKeys: vapi === undefined });
  enterLocalAws(stack.environment);
  if (!vapi) delete process.env.VAPI_PRIVATE_KEY;
  const name = `${service}-${stage}`;
  const own = { ...functionEnvironment(stack.environment, vapi), DEPLOYMENT_ID: name, EVENT_BUS_NAME: name };
  Object.assign(process.env, own);
  return {
    environment: { ...stack.environment, ...own },
    isStandIn: vapi === undefined,
    release: () => stack.release(),
  };
}
