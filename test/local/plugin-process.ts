/** Runs the plugin as Serverless would for one command; prints what the functions get, and ends as it is told to. */
import { once } from 'node:events';
import LocalStackPlugin from '../../local/serverless/plugin.ts';

const [serviceDir = '', ending] = process.argv.slice(2);
const say = (message: unknown) => process.stdout.write(`${JSON.stringify(message)}\n`);
const environment: Record<string, unknown> = { TASK_QUEUE_URL: { Ref: 'TaskQueue' }, LOG_LEVEL: 'INFO' };
const own = { TASK_QUEUE_URL: { Ref: 'TaskQueue' } };

const serverless = {
  serviceDir,
  processedInput: { commands: ['invoke', 'local'] },
  service: { provider: { stage: 'local', environment }, functions: { sync: { environment: own }, status: {} } },
  classes: { Error },
  getProvider: () => ({ getAwsSdkV3Config: async () => ({}) }),
  extendConfiguration: () => {},
};
const plugin = new LocalStackPlugin(serverless, {}, { log: { notice: say, warning: (warning) => say({ warning }) } });
await plugin.hooks.initialize?.();
const { provider, functions } = serverless.service;
const aws = Object.entries(process.env).filter(([name]) => name.startsWith('AWS_'));
say({ provider: provider.environment, functions, aws: Object.fromEntries(aws) });

// What a careless handler leaves behind.
setInterval(() => {}, 1000);
await once(process.stdin, 'data');
process.exitCode = 3;
await plugin.hooks[ending ?? 'finalize']?.(new Error('The command failed'));
