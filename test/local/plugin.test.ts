import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import LocalStackPlugin from '../../local/serverless/plugin.ts';
import { readDescription } from '../../local/stack/detached/description.ts';
import { isAlive } from '../../local/stack/process-life.ts';
import { PROCESSES_MS } from '../support/checkout.ts';
import { type Child, runChild } from './child.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { call } from './vapi-caller.ts';

const texts = z.record(z.string(), z.string());
const report = z.object({
  provider: texts,
  functions: z.object({ sync: z.object({ environment: texts }), status: z.object({}).strict() }),
  aws: texts,
});

const reportOf = async (child: Child) => report.parse(await child.next());
const run = (directory: string, options: { ending?: string; env?: NodeJS.ProcessEnv } = {}) =>
  runChild('plugin-process.ts', [directory, ...(options.ending ? [options.ending] : [])], {
    VAPI_BASE_URL: '',
    VAPI_PRIVATE_KEY: '',
    ...options.env,
  });

function pluginFor(command: string, stage = 'local') {
  const serviceDir = temporaryDirectory();
  const extended: unknown[] = [];
  const plugin = new LocalStackPlugin(
    {
      serviceDir,
      processedInput: { commands: command.split(' ') },
      service: { provider: { stage }, functions: {} },
      classes: { Error },
      getProvider: () => ({ getAwsSdkV3Config: async () => ({}) }),
      extendConfiguration: (path, value) => extended.push([path.join('.'), value]),
    },
    {},
    { log: { notice: () => {}, warning: () => {} } },
  );
  return { plugin, serviceDir, extended };
}

it(
  'the functions get the stack in the place of references, and fake credentials whatever the developer has',
  async () => {
    const real = { AWS_PROFILE: 'mine', AWS_SESSION_TOKEN: 't', AWS_ENDPOINT_URL: 'https://x', AWS_LOCAL_PROFILE: 'p' };
    const child = run(temporaryDirectory(), { env: { ...real, AWS_ACCESS_KEY_ID: 'AKIA', AWS_REGION: 'us-east-1' } });
    const { provider, functions, aws } = await reportOf(child);
    expect(provider).toEqual({
      LOG_LEVEL: 'INFO',
      POWERTOOLS_TRACE_ENABLED: 'false',
      LOCAL_STREAM_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/),
      TABLE_NAME: 'vapi-sync-local',
      SECRET_PREFIX: 'vapi-sync/local',
      TASK_QUEUE_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/),
      VAPI_BASE_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/),
    });
    expect(functions).toEqual({ sync: { environment: { TASK_QUEUE_URL: provider.TASK_QUEUE_URL } }, status: {} });
    for (const name of Object.keys(real)) expect(aws).not.toHaveProperty(name);
    expect(aws).toMatchObject({
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL_DYNAMODB: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/),
      AWS_ENDPOINT_URL_SQS: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/),
      AWS_ENDPOINT_URL_EVENTBRIDGE: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/),
    });
  },
  PROCESSES_MS,
);

it.each(['finalize', 'error'])(
  'after "%s" the process ends with its exit code, whatever was left open',
  async (ending) => {
    const directory = temporaryDirectory();
    const child = run(directory, { ending });
    await child.next();
    child.tell('end');
    expect(await child.ended).toBe(3);
    // The stack stays for the next command.
    expect(isAlive(readDescription(join(directory, '.local'))?.pid ?? 0)).toBe(true);
  },
  PROCESSES_MS,
);

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s ends the process with %d, and nothing is lost',
  async (signal, code) => {
    const directory = temporaryDirectory();
    const child = run(directory);
    const { provider } = await reportOf(child);
    const { json } = await call({ url: provider.VAPI_BASE_URL ?? '' }, 'POST /assistant', { body: { name: 'Kept' } });
    child.kill(signal);
    expect(await child.ended).toBe(code);
    const next = await reportOf(run(directory));
    const { json: listed } = await call({ url: next.provider.VAPI_BASE_URL ?? '' }, 'GET /assistant');
    expect(listed).toMatchObject([{ id: json.id }]);
  },
  PROCESSES_MS,
);

describe('with a Vapi of the developer', () => {
  it(
    'its address and key are used, on data without any key of the stand-in',
    async () => {
      const directory = temporaryDirectory();
      const env = { VAPI_BASE_URL: 'https://api.vapi.ai', VAPI_PRIVATE_KEY: 'real' };
      const child = run(directory, { env });
      const { provider } = await reportOf(child);
      expect(provider).toMatchObject({ VAPI_BASE_URL: 'https://api.vapi.ai', VAPI_PRIVATE_KEY: 'real' });
      child.kill('SIGINT');
      await child.ended;
      expect(readdirSync(join(directory, '.local')).filter((name) => name !== 'build')).toEqual(['at-api.vapi.ai']);
      expect(readdirSync(join(directory, '.local', 'at-api.vapi.ai'))).not.toContain('secrets.json');
    },
    PROCESSES_MS,
  );

  it(
    'and without a key, it says so',
    async () => {
      const child = run(temporaryDirectory(), { env: { VAPI_BASE_URL: 'https://api.vapi.ai' } });
      expect(await child.next()).toEqual({ warning: expect.stringContaining('VAPI_PRIVATE_KEY') });
    },
    PROCESSES_MS,
  );
});

describe('the stage local', () => {
  it.each(['deploy', 'remove', 'deploy function', 'info', 'logs', 'invoke'])('has no AWS to %s', async (command) => {
    const { plugin } = pluginFor(command);
    await expect(plugin.hooks.initialize?.()).rejects.toThrow(`npx sls ${command} --stage dev`);
  });

  it('is packaged without a stack', async () => {
    const { plugin, serviceDir, extended } = pluginFor('package');
    await plugin.hooks.initialize?.();
    await plugin.hooks.finalize?.();
    expect(existsSync(join(serviceDir, '.local'))).toBe(false);
    expect(extended).toEqual([]);
  });

  it.each(['invoke local', 'offline', 'offline start'])('bundles for "%s" where no other process does', (command) => {
    const work = ['custom.esbuild.outputWorkFolder', join('.local', 'build', String(process.pid))];
    expect(pluginFor(command).extended).toContainEqual(work);
  });
});

it.each(['deploy', 'invoke local', 'offline start'])('leaves "%s" of another stage alone', async (command) => {
  const { plugin, serviceDir, extended } = pluginFor(command, 'dev');
  await plugin.hooks.initialize?.();
  await plugin.hooks['before:offline:start:init']?.();
  await plugin.hooks.finalize?.();
  expect(existsSync(join(serviceDir, '.local'))).toBe(false);
  expect(extended).toEqual([]);
});
