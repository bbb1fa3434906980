import { join } from 'node:path';

/** Names and values of environment variables. */
type Environment = Record<string, string>;

/**
 * Settings of the developer's own AWS access, which would take precedence over the fake credentials or the endpoints.
 */
const REAL_AWS =
  /^AWS_(PROFILE|DEFAULT_PROFILE|SESSION_TOKEN|ENDPOINT_URL.*|IGNORE_CONFIGURED_ENDPOINT_URLS|LOCAL_(PROFILE|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN))$/;

/** A Vapi that the developer uses instead of the stand-in. */
type ChosenVapi = { baseUrl: string; key: string | undefined };

/** The Vapi of `VAPI_BASE_URL` and `VAPI_PRIVATE_KEY`; undefined when the stand-in is used. */
export function chosenVapi(environment: NodeJS.ProcessEnv): ChosenVapi | undefined {
  const baseUrl = environment.VAPI_BASE_URL?.trim();
  return baseUrl ? { baseUrl, key: environment.VAPI_PRIVATE_KEY } : undefined;
}

export const NO_VAPI_URL = 'VAPI_BASE_URL is not a URL. Set it to https://api.vapi.ai, or unset it.';

/**
 * Where a stack keeps its data. For another Vapi than the stand-in these are separate: no seeded key, and no mapping to
 * the stand-in. Throws when its address is invalid.
 */
export function dataDirectory(checkout: string, vapi: ChosenVapi | undefined): string {
  if (vapi && !URL.canParse(vapi.baseUrl)) throw new Error(NO_VAPI_URL);
  const directory = join(checkout, '.local');
  return vapi ? join(directory, `at-${new URL(vapi.baseUrl).host.replace(':', '-')}`) : directory;
}

/** Makes the local stack the AWS account of this process and of those that it starts. */
export function enterLocalAws(environment: Environment): void {
  for (const name of Object.keys(process.env).filter((known) => REAL_AWS.test(known))) delete process.env[name];
  Object.assign(process.env, environment);
}

/**
 * The environment of the functions: the settings of the stack in the place of references to resources, and no traces.
 * The AWS variables are not among them, as Lambda does not allow setting these; they come with the process.
 */
export function functionEnvironment(stack: Environment, vapi: ChosenVapi | undefined): Environment {
  const own = Object.entries(stack).filter(([name]) => !name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(own),
    POWERTOOLS_TRACE_ENABLED: 'false',
    ...(vapi && { VAPI_BASE_URL: vapi.baseUrl }),
    ...(vapi?.key && { VAPI_PRIVATE_KEY: vapi.key }),
  };
}
