import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin, PluginBuild } from 'esbuild';

/** What is imported late (`await import(…)`) and seldom, and the file that it is put into, for each bundle. */
const LATE: readonly { filter: RegExp; file: string }[] = [
  // The X-Ray SDK, which the first call that is traced loads.
  { filter: /\/powertools-tracer\.ts$/, file: 'powertools-tracer' },
  // Credentials from anywhere but the environment, where Lambda puts them, and streams of events, which no request here
  // has.
  { filter: /^@(aws-sdk|smithy)\/credential-provider-|^@smithy\/core\/event-streams$/, file: 'aws-seldom' },
];

/**
 * Puts what is imported late into a file beside the bundle: in the same file it would be parsed with every start.
 * (esbuild splits ES modules only.) A plugin of esbuild, for serverless-esbuild, the benchmark and the tests.
 */
export function lateBundle(): Plugin {
  return {
    name: 'late-bundle',
    setup(build) {
      const sources = new Map(LATE.map(({ file }) => [file, new Set<string>()]));
      for (const { filter, file } of LATE) {
        build.onResolve({ filter }, async ({ kind, path, resolveDir, pluginData }) => {
          if (kind !== 'dynamic-import' || pluginData === RESOLVING) return undefined;
          const resolved = await build.resolve(path, { kind, resolveDir, pluginData: RESOLVING });
          sources.get(file)?.add(resolved.path);
          return { path: `./${file}.cjs`, external: true };
        });
      }
      build.onEnd(async () => {
        for (const [file, paths] of sources) if (paths.size > 0) await buildBeside(build, { file, paths });
      });
    },
  };
}

/** Marks a path that the plugin itself asks about. */
const RESOLVING = Symbol('resolving');

/** Files that were built by this process: the bundles of functions that lie side by side share them. */
const built = new Map<string, Promise<unknown>>();

async function buildBeside(
  { esbuild, initialOptions }: PluginBuild,
  { file, paths }: { file: string; paths: ReadonlySet<string> },
): Promise<void> {
  const { plugins: _plugins, entryPoints: _entryPoints, outfile: bundle, outdir, ...options } = initialOptions;
  const directory = outdir ?? dirname(bundle ?? '');
  const contents = [...paths]
    .toSorted()
    .map((path) => `export * from ${JSON.stringify(path)};`)
    .join('\n');
  const outfile = join(directory, `${file}.cjs`);
  const id = JSON.stringify([outfile, contents]);
  const before = built.get(id);
  if (before) {
    await before;
    if (existsSync(outfile)) return;
  }
  const building = esbuild.build({ ...options, stdin: { contents, resolveDir: directory }, outfile });
  built.set(id, building);
  await building;
}

export default () => [lateBundle()];
