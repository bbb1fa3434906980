import { existsSync, readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import type { LambdaClientConfig } from '@aws-sdk/client-lambda';
import { mountConsole } from '../console/mounted-console.ts';
import { EventFeed } from '../events/event-feed.ts';
import type { UsedStack } from '../stack/detached/use-stack.ts';
import { hasCode } from '../stack/error-code.ts';
import {
  chosenVapi,
  dataDirectory,
  enterLocalAws,
  functionEnvironment,
  NO_VAPI_URL,
} from '../stack/local-environment.ts';
import { endSoon, endWithProcess } from '../stack/process-life.ts';
import { BackgroundAnnouncer } from './background-announcer.ts';
import { BackgroundWorker } from './background-worker.ts';
import { buildDirectory, removeAbandonedBuilds, removeOwnBuild } from './build-directory.ts';
import { InvocationOutput } from './invocation-output.ts';
import { parameterErrors, stageFileErrors } from './parameters.ts';

/**
 * Most of the time of a local command goes into loading Serverless and its plugins; compiled once, they load in two
 * thirds of it.
 */
enableCompileCache(join(import.meta.dirname, '../../.local/compile-cache'));

type Configured = { environment?: Record<string, unknown> };

/** The parts of Serverless that the plugin touches. */
type Serverless = {
  serviceDir: string;
  getProvider(name: 'aws'): { getAwsSdkV3Config(): Promise<LambdaClientConfig> };
  processedInput: { commands: string[]; options?: { param?: string[]; log?: boolean; httpPort?: string | number } };
  service: {
    provider: Configured & { stage: string; iam?: { deploymentRole?: string } };
    functions: Record<string, Configured & { name?: string }>;
    custom?: { parameters?: Record<string, unknown> };
  };
  classes: { Error: new (message: string, code: string) => Error };
  extendConfiguration(path: string[], value: unknown): void;
};

type Utilities = { log: { notice(text: string): void; warning(text: string): void } };

/** Of Serverless offline, unless told. */
const HTTP_PORT = 3000;

const NEEDS_AWS = ['deploy', 'remove', 'rollback', 'info', 'logs', 'metrics', 'invoke'];

/**
 * Runs `sls invoke local` and `sls offline` of the stage `local` on the embedded stack: finds the one that runs for
 * this checkout or starts it, and leaves it to the next command. Every other command and stage is left alone, but for a
 * word to those who try to deploy that stage.
 */
export default class LocalStackPlugin {
  readonly hooks: Record<string, (error?: unknown) => Promise<void>>;
  /** Adds an option to a command of Serverless. */
  readonly commands = {
    invoke: {
      commands: {
        local: { options: { log: { usage: 'Show the log of the function, on stderr', type: 'boolean' } } },
      },
    },
  };
  readonly #serverless: Serverless;
  /** Read at the start: serverless-esbuild later makes its output the service directory. */
  readonly #checkout: string;
  readonly #log: Utilities['log'];
  #stack: UsedStack | undefined;
  #worker: BackgroundWorker | undefined;
  #announcer: BackgroundAnnouncer | undefined;
  #output: InvocationOutput | undefined;

  constructor(serverless: Serverless, _options: unknown, { log }: Utilities) {
    this.#serverless = serverless;
    const { processedInput } = serverless;
    this.#checkout = serverless.serviceDir;
    this.#log = log;
    this.hooks = {
      // `invoke local` resolves its environment in the first hook of its lifecycle, before any plugin's.
      initialize: () => this.#initialize(),
      'before:deploy:deploy': () => this.#checkAuth(),
      'before:offline:start': () => this.#start({ isServer: true }),
      'before:offline:start:init': () => this.#start({ isServer: true }),
      'before:offline:start:end': () => this.#stop(),
      'before:invoke:local:invoke': async () => {
        if (!this.#isLocal) return;
        const showsLog = processedInput.options?.log === true;
        this.#output = new InvocationOutput({ out: process.stdout, err: process.stderr, showsLog });
        this.#output.begin();
      },
      'after:invoke:local:invoke': async () => this.#output?.answer(),
      error: () => this.#stop(),
      finalize: async () => {
        await this.#finishWork();
        await this.#stop();
      },
    };
    if (this.#isLocal && /^(invoke local|offline)/.test(this.#command)) {
      serverless.extendConfiguration(['custom', 'esbuild', 'outputWorkFolder'], buildDirectory());
      // Faster to build, and stacks are readable without a source map.
      serverless.extendConfiguration(['custom', 'esbuild', 'minify'], false);
      serverless.extendConfiguration(['custom', 'esbuild', 'sourcemap'], false);
    }
  }

  get #command(): string {
    return this.#serverless.processedInput.commands.join(' ');
  }

  get #isLocal(): boolean {
    return this.#serverless.service.provider.stage === 'local';
  }

  async #initialize(): Promise<void> {
    if (!this.#isLocal) return this.#checkParameters();
    if (this.#command === 'invoke local') await this.#start({ isServer: false });
    else if (NEEDS_AWS.includes(this.#serverless.processedInput.commands[0] ?? '')) this.#refuse();
  }

  /** Refuses values that no function accepts: such a deployment would answer every call with a 500. */
  async #checkParameters(): Promise<void> {
    const { processedInput, service, classes } = this.#serverless;
    const named = (processedInput.options?.param ?? []).map((text) => text.split('=')[0] ?? '');
    const errors = [
      ...parameterErrors(service.provider.stage, service.custom?.parameters ?? {}, named),
      ...(await this.#stageFileErrors()),
    ];
    if (errors.length > 0) throw new classes.Error(errors.join('\n'), 'PARAMETERS_INVALID');
    const { deploymentRole } = service.custom?.parameters ?? {};
    // It takes no empty text for "none".
    if (typeof deploymentRole === 'string' && deploymentRole !== '') service.provider.iam = { deploymentRole };
  }

  async #stageFileErrors(): Promise<string[]> {
    const file = `infrastructure/stages/${this.#serverless.service.provider.stage}.yml`;
    const path = join(this.#checkout, file);
    if (!existsSync(path)) return [];
    const { parse } = await import('yaml');
    return stageFileErrors(file, parse(readFileSync(path, 'utf8')));
  }

  /** Refuses a change of `auth` that is not confirmed: one forgotten parameter would lock out all callers. */
  async #checkAuth(): Promise<void> {
    const { service, classes } = this.#serverless;
    if (String(service.custom?.parameters?.confirmAuthChange) === 'true') return;
    const [{ LambdaClient }, { authChange }] = await Promise.all([
      import('@aws-sdk/client-lambda'),
      import('./auth-change.ts'),
    ]);
    const lambda = new LambdaClient(await this.#serverless.getProvider('aws').getAwsSdkV3Config());
    const wanted = String(service.provider.environment?.JWT_ORG_CLAIM ?? '');
    const problem = await authChange(lambda, { functionName: service.functions.sync?.name ?? '', wanted });
    if (problem) throw new classes.Error(problem, 'AUTH_WOULD_CHANGE');
  }

  #refuse(): never {
    const { Error: ServerlessError } = this.#serverless.classes;
    const message = `The stage "local" exists on this machine only. Name the stage that you mean, for instance: npx sls ${this.#command} --stage dev`;
    throw new ServerlessError(message, 'LOCAL_STAGE_HAS_NO_AWS');
  }

  async #start({ isServer }: { isServer: boolean }): Promise<void> {
    if (!this.#isLocal || this.#stack) return;
    const { service } = this.#serverless;
    const vapi = chosenVapi(process.env);
    if (vapi && !URL.canParse(vapi.baseUrl)) {
      const { Error: ServerlessError } = this.#serverless.classes;
      throw new ServerlessError(NO_VAPI_URL, 'VAPI_BASE_URL_INVALID');
    }
    // Loaded when needed: commands that package or deploy should not pay for it.
    const { useStack } = await import('../stack/detached/use-stack.ts');
    const directory = dataDirectory(this.#checkout, vapi);
    this.#stack = await useStack({ directory, hasKeys: vapi === undefined }).catch((error: unknown) =>
      this.#endWithout(directory, error),
    );
    if (isServer) void this.#stack.gone.then(() => this.#endWithoutStack());
    endWithProcess({ close: () => this.#stop(), abandon: () => this.#abandon() }, { isServer });
    enterLocalAws(this.#stack.environment);
    const environment = functionEnvironment(this.#stack.environment, vapi);
    for (const configured of [service.provider, ...Object.values(service.functions)]) {
      replaceEnvironment(configured, environment, configured === service.provider);
    }
    if (!vapi && process.env.VAPI_PRIVATE_KEY) {
      this.#log.warning(
        'VAPI_PRIVATE_KEY is set and VAPI_BASE_URL is not: the stand-in answers, and the key is not used',
      );
    }
    if (vapi && !vapi.key)
      this.#log.warning('VAPI_BASE_URL is set and VAPI_PRIVATE_KEY is not: there is no key to use');
    removeAbandonedBuilds(this.#checkout);
    const values = { ...textsOf(service.provider.environment), ...this.#stack.environment, ...environment };
    this.#worker = new BackgroundWorker(values);
    this.#announcer = new BackgroundAnnouncer(values);
    if (isServer) await this.#serve(directory);
  }

  /**
   * Performs the tasks of the queue, and tells the changes of the stream, while the server runs, with a line for each
   * event; the console is at `/console`.
   */
  async #serve(directory: string): Promise<void> {
    const port = Number(this.#serverless.processedInput.options?.httpPort ?? HTTP_PORT);
    this.#log.notice(`🖥️ The console: ${mountConsole(port)}`);
    await this.#worker?.start();
    const feed = new EventFeed(join(directory, 'events.jsonl'));
    const show = () => {
      for (const line of feed.read()) this.#log.notice(`📣 ${line}`);
    };
    this.#announcer?.run(show).catch(() => {});
  }

  /** Ends the command when the stack cannot be started: parts of it that did start must not keep the process alive. */
  #endWithout(directory: string, error: unknown): never {
    endSoon();
    const code = ['EROFS', 'ENOSPC', 'EACCES', 'EPERM', 'ENOTDIR'].find((name) => hasCode(error, name));
    if (!code) throw error;
    const { Error: ServerlessError } = this.#serverless.classes;
    const message = `${directory} cannot be written to (${code}). Make it writable, or free some space, and try again.`;
    throw new ServerlessError(message, 'LOCAL_DATA_NOT_WRITABLE');
  }

  /** Ends the server when the stack ends: from then on every answer would be a 5xx. */
  #endWithoutStack(): void {
    this.#log.warning('The local stack has ended. Start again; .local/stack.log may say why.');
    process.exit(1);
  }

  /**
   * Performs the tasks that the invoked function sent, and tells its changes. The command has its answer already: a
   * failure here does not fail it.
   */
  async #finishWork(): Promise<void> {
    if (this.#command !== 'invoke local') return;
    try {
      await this.#worker?.drain();
    } catch {
      this.#log.warning('The queue could not be worked off; the next sync sends what was left again');
    }
    try {
      await this.#announcer?.drain();
    } catch {
      this.#log.warning('The changes could not be told; the next command tells them');
    }
  }

  async #stop(): Promise<void> {
    if (!this.#stack) return;
    this.#worker?.stop();
    this.#announcer?.stop();
    this.#output?.end();
    this.#stack.release();
    // The bundler's own process would complain loudly about the sudden end of this one.
    const { stop } = await import('esbuild');
    await stop();
    endSoon();
  }

  #abandon(): void {
    // Leaves the output directory of serverless-esbuild, which is the working directory by now.
    process.chdir(this.#checkout);
    removeOwnBuild(this.#checkout);
  }
}

function textsOf(values: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Sets all values on the provider; on a function only those that it declares itself. */
function replaceEnvironment(configured: Configured, values: Record<string, string>, isComplete: boolean): void {
  const own = configured.environment ?? {};
  const replaced = Object.entries(values).filter(([name]) => isComplete || name in own);
  if (replaced.length > 0) configured.environment = { ...own, ...Object.fromEntries(replaced) };
}
