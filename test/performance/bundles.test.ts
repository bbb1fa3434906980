import { build } from 'esbuild';
import { deployedOptions, functionSources } from '../../scripts/bench/bundle.ts';

/** In KB, some 4 % above what there is: a tenth of a millisecond of every cold start for each. */
const CEILINGS: Readonly<Record<string, number>> = { sync: 760, status: 580, verify: 800, worker: 805, drift: 612 };

/** Packages that a function has no use for. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  status: ['@vapi-ai/server-sdk', '@aws-sdk/client-secrets-manager', '@aws-sdk/client-sqs', 'cockatiel'],
  drift: ['@vapi-ai/server-sdk', '@aws-sdk/client-secrets-manager', 'cockatiel'],
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
    const foreign = (FOREIGN[name] ?? []).filter((found) => inputs.some(([path]) => path.includes(`/${found}/`)));
    expect(foreign).toEqual([]);
  }, 60_000);
});
