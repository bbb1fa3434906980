import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { lateBundle } from '../../infrastructure/late-bundle.ts';

const CHECKOUT = join(import.meta.dirname, '../..');

/** The baseline that does the same work with the usual libraries. */
export const PEER = join(import.meta.dirname, 'peer/handler.ts');

const definitionSchema = z.object({
  custom: z.object({
    esbuild: z.object({
      minify: z.boolean(),
      target: z.string(),
      format: z.enum(['cjs', 'esm']),
      mainFields: z.array(z.string()).optional(),
      sourcemap: z.enum(['linked', 'external']),
      keepNames: z.boolean().optional(),
      sourcesContent: z.boolean().optional(),
      define: z.record(z.string(), z.string()).optional(),
    }),
  }),
  functions: z.record(z.string(), z.object({ handler: z.string() })),
});

function definition(): z.infer<typeof definitionSchema> {
  const document = parseDocument(readFileSync(join(CHECKOUT, 'serverless.yml'), 'utf8'), { logLevel: 'error' });
  return definitionSchema.parse(document.toJS());
}

/** Name and source file of each function of serverless.yml. */
export function functionSources(): { name: string; source: string }[] {
  return Object.entries(definition().functions).map(([name, { handler }]) => ({
    name,
    source: join(CHECKOUT, `${handler.replace(/\.\w+$/, '')}.ts`),
  }));
}

/** The options of serverless.yml: what is measured is what is deployed. */
export function deployedOptions(): BuildOptions {
  const { minify, target, format, sourcemap, mainFields, keepNames, sourcesContent, define } =
    definition().custom.esbuild;
  return {
    bundle: true,
    platform: 'node',
    logLevel: 'error',
    minify,
    target,
    format,
    sourcemap,
    plugins: [lateBundle()],
    ...(mainFields ? { mainFields } : {}),
    ...(keepNames === undefined ? {} : { keepNames }),
    ...(sourcesContent === undefined ? {} : { sourcesContent }),
    ...(define ? { define } : {}),
  };
}

/** Bundles one program as a function is bundled for its deployment. */
export async function bundle(source: string, outfile: string): Promise<void> {
  await build({ ...deployedOptions(), entryPoints: [source], outfile });
}

/** The same for a program that is given as text. */
export async function bundleText(contents: string, outfile: string): Promise<void> {
  await build({ ...deployedOptions(), stdin: { contents, resolveDir: CHECKOUT, loader: 'ts' }, outfile });
}
