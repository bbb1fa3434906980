/** Prints the size of each bundled function after `npx sls package`: what a cold start has to load. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const CENTRAL_HEADER = Buffer.from('PK\u0001\u0002');

/** Uncompressed sizes by file name, from the central directory of a zip archive. */
function sizesIn(archive: Buffer): Map<string, number> {
  const sizes = new Map<string, number>();
  for (let at = archive.indexOf(CENTRAL_HEADER); at >= 0; at = archive.indexOf(CENTRAL_HEADER, at + 4)) {
    const name = archive.toString('utf8', at + 46, at + 46 + archive.readUInt16LE(at + 28));
    sizes.set(name, archive.readUInt32LE(at + 24));
  }
  return sizes;
}

const directory = join(import.meta.dirname, '..', '.serverless');
const archives = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.zip')) : [];
for (const archive of archives) {
  const bundles = [...sizesIn(readFileSync(join(directory, archive)))].filter(([name]) => name.endsWith('.cjs'));
  for (const [name, bytes] of bundles) console.log(`${name}: ${(bytes / 1024).toFixed(0)} KB minified`);
}
