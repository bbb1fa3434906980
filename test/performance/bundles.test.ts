import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundle, deployedOptions, functionSources } from '../../scripts/bench/bundle.ts';

/** In KB, some 4 % above what there is: a tenth of a millisecond of every cold start for each. */
const CEILINGS: Readonly<Record<string, number>> = {
  sync: 600,
  status: 455,
  fleet: 455,
  templates: 465,
  rollouts: 640,
  verify: 640,
  worker: 690,
  drift: 490,
  announce: 475,
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
  }, 60_000);

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
  }, 60_000);
});
