import { type ClientOptions, createClient, type ServiceClient } from '../client/index.ts';
import { assertCheckout } from './checkout.ts';
import { CliError, EXIT } from './exit.ts';
import { accessStage } from './stage.ts';

/** Where a command works: the embedded stack, a stage, or an address. */
export interface TargetOptions {
  stage?: string | undefined;
  region?: string | undefined;
  url?: string | undefined;
  token?: string | undefined;
}

/** A service that a command works on. */
export interface Target {
  /** Its name for people. */
  name: string;
  client: ServiceClient;
  /** The options of the client. */
  access: ClientOptions;
  /** On this machine: performs the tasks that requests left behind, before the command ends. */
  settle(): Promise<void>;
  /** On this machine: performs such tasks from now on. */
  work(): Promise<void>;
  close(): void;
}

/** Opens what the options name. Throws a `CliError` when there is nothing, saying what to do. */
export async function openTarget({ stage, region, url, token }: TargetOptions): Promise<Target> {
  assertOnePlace({ stage, url });
  if (url) return remote(`the service at ${url}`, { baseUrl: addressIn(url), token });
  if (token) throw new CliError('--token goes with --url.', EXIT.usage);
  if (stage && stage !== 'local') {
    const access = await accessStage(stage, region);
    return remote(`stage ${stage} in ${access.region}`, access);
  }
  return await openEmbedded();
}

/** Throws a `CliError` when two places are named. */
export function assertOnePlace({ stage, url }: TargetOptions): void {
  if (stage && url) throw new CliError('Use --stage or --url, not both.', EXIT.usage);
}

function addressIn(url: string): string {
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new CliError(`--url ${url} is no http(s) address: begin it with https://.`, EXIT.usage);
  }
  const { username, password, search, hash } = new URL(url);
  if (username || password || search || hash) {
    throw new CliError('--url is the address alone, without @, ? and #. A token goes into --token.', EXIT.usage);
  }
  return url.replace(/\/+$/, '');
}

function remote(name: string, access: ClientOptions): Target {
  const client = createClient(access);
  return { name, client, access, settle: async () => {}, work: async () => {}, close: () => {} };
}

/** The service of this checkout in this process, on the stack that `sls invoke local` has. */
async function openEmbedded(): Promise<Target> {
  assertCheckout('The embedded stack', '--stage or --url');
  const { openLocalService } = await import('../local/gateway/local-service.ts');
  const service = await openLocalService({ DRIFT_CALLS_PER_SECOND: '100' });
  const access = { baseUrl: 'http://vapi-sync.local', fetch: service.fetch };
  const { settle, work, close } = service;
  return { name: 'the embedded stack', client: createClient(access), access, settle, work, close };
}
