import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '../..');
const versions = z.record(z.string(), z.string());
const manifest = z
  .object({ dependencies: versions, devDependencies: versions })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
const { packages } = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        version: z.string().optional(),
        integrity: z.string().optional(),
        optional: z.boolean().optional(),
        dev: z.boolean().optional(),
        link: z.boolean().optional(),
        hasInstallScript: z.boolean().optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
/** Without the package that makes the client's types: it is a folder here. */
const locked = Object.entries(packages).filter(([path, { link }]) => path.startsWith('node_modules/') && !link);

it('every dependency is pinned to one version', () => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies };
  const loose = Object.entries(all).filter(([, version]) => !/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+$/.test(version));
  expect(loose).toEqual([]);
});

it('what is deployed is few, and runs nothing when it is installed', () => {
  const deployed = locked.filter(([, { dev }]) => !dev);
  // Of the functions 17, whose bundles test/performance/bundles.test.ts looks into; the others are the command's.
  expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(26);
  expect(deployed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)).toEqual([]);
});

it('what is deployed is what was locked, to the byte', () => {
  const unsealed = locked.filter(([, { dev, integrity, optional }]) => !dev && !optional && integrity === undefined);
  expect(unsealed.map(([path]) => path)).toEqual([]);
});
