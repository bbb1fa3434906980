import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { listen } from '../../local/stack/http-server.ts';
import { bundle, deployedOptions, functionSources } from '../../scripts/bench/bundle.ts';

/** In KB, some 4 % above what there is: a tenth of a millisecond of every cold start for each. */
const CEILINGS: Readonly<Record<string, number>> = {
  sync: 458,
  status: 313,
  fleet: 313,
  templates: 316,
  rollouts: 462,
  verify: 500,
  worker: 535,
  drift: 341,
  announce: 326,
};

/** Packages that a function has no use for. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  status: ['@aws-sdk/client-secrets-manager', '@aws-sdk/client-sqs', 'cockatiel'],
  fleet: ['@aws-sdk/client-secrets-manager', '@aws-sdk/client-sqs', 'cockatiel'],
  drift: ['@aws-sdk/client-secrets-manager', 'cockatiel'],
  announce: ['@aws-sdk/client-secrets-manager', '@aws-sdk/client-sqs', 'cockatiel'],
};

describe.each(functionSources())('the bundle of $name', ({ name, source }) => {
  it('has a ceiling, and nothing in it that the function does not use', async () => {
    const { outputFiles, metafile } = await build({
      ...deployedOptions(),
      sourcemap: false,
      entryPoints: [source],
      write: false,
      metafile: true,
    });
    expect(outputFiles[0]?.contents.length).toBeLessThanOrEqual((CEILINGS[name] ?? 0) * 1024);
    const [output] = Object.values(metafile.outputs);
    const inputs = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
    const foreign = ['aws-xray-sdk-core', '@vapi-ai/server-sdk', ...(FOREIGN[name] ?? [])].filter((found) =>
      inputs.some(([path]) => path.includes(`/${found}/`)),
    );
    expect(foreign).toEqual([]);
  });

  it('loads neither Node’s `fetch` nor its source map when it starts', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'vapi-sync-bundle-'));
    try {
      const file = join(directory, 'bundle.cjs');
      await bundle(source, file);
      const script = `require(${JSON.stringify(file)});
        console.log(process.moduleLoadList.filter((name) => /undici/.test(name)).join());`;
      expect(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', env: {} }).trim()).toBe('');
      expect(readFileSync(file, 'utf8')).not.toContain('sourceMappingURL');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

it('a function finds credentials that are not in its environment: the file beside the bundle has the providers', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'vapi-sync-bundle-'));
  const requests: object[] = [];
  const server = await listen((request, response) => {
    const isTable = request.method === 'POST';
    const { authorization = '', 'user-agent': agent } = request.headers;
    if (isTable) requests.push({ agent, key: /Credential=([^/]+)/.exec(authorization)?.[1] });
    const credentials = {
      AccessKeyId: 'CONTAINER',
      SecretAccessKey: 'x',
      Token: 'x',
      Expiration: '2100-01-01T00:00:00Z',
    };
    response.end(JSON.stringify(isTable ? { Items: [] } : credentials));
  });
  try {
    const { url } = server;
    const file = join(directory, 'bundle.cjs');
    await bundle(join(import.meta.dirname, '../../src/handlers/status.ts'), file);
    const event = {
      routeKey: 'GET /orgs/{orgId}/assistants',
      requestContext: { http: { method: 'GET' } },
      pathParameters: { orgId: 'acme' },
    };
    const script = `require(${JSON.stringify(file)})
      .handler(${JSON.stringify(event)}, { awsRequestId: 'x', getRemainingTimeInMillis: () => 9_000 });`;
    const env = {
      AWS_REGION: 'eu-central-1',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/credentials`,
      AWS_ENDPOINT_URL_DYNAMODB: url,
      TABLE_NAME: 'table',
      SECRET_PREFIX: 'prefix',
      TASK_QUEUE_URL: url,
      DEPLOYMENT_ID: 'test',
    };
    await promisify(execFile)(process.execPath, ['-e', script], { env });
    expect(requests).toEqual([{ agent: 'vapi-sync', key: 'CONTAINER' }]);
  } finally {
    await server.close();
    rmSync(directory, { recursive: true });
  }
});
