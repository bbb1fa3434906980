import { join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';

/** Modules that handlers import late (`await import(…)`), and that are worth a file of their own. */
const LATE = /\/powertools-tracer\.ts$/;
const FILE = 'powertools-tracer';

/**
 * Puts what a handler imports late into a file beside its bundle: in the same file it would be parsed with every start.
 * (esbuild splits ES modules only.) A plugin of esbuild, for serverless-esbuild, the benchmark and the tests.
 */
export function lateBundle(): Plugin {
  return {
    name: 'late-bundle',
    setup(build) {
      const late = new Set<string>();
      build.onResolve({ filter: LATE }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined;
        late.add(join(resolveDir, path));
        return { path: `./${FILE}.cjs`, external: true };
      });
      build.onEnd(async () => {
        for (const source of late) {
          await build.esbuild.build({ ...besides(build.initialOptions), entryPoints: { [FILE]: source } });
        }
      });
    },
  };
}

function besides({ plugins: _plugins, stdin: _stdin, outfile, outdir, ...options }: BuildOptions): BuildOptions {
  const directory = outdir ?? join(outfile ?? '', '..');
  return { ...options, outdir: directory, outExtension: { '.js': '.cjs' } };
}

export default () => [lateBundle()];
