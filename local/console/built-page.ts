import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const CHECKOUT = join(import.meta.dirname, '../..');
const SOURCES = ['console', 'client'];

/**
 * The directory of the page that the sources of this checkout make. It is built (by Vite, a second or two) when there
 * is none of these sources; several processes may do so at once.
 */
export async function builtPage(): Promise<string> {
  const pages = join(CHECKOUT, '.local', 'page');
  const wanted = join(pages, fingerprint());
  if (existsSync(wanted)) return wanted;
  mkdirSync(pages, { recursive: true });
  // Another process may have made it meanwhile: it is not to be removed with them.
  const earlier = readdirSync(pages).filter((name) => !name.includes('.') && join(pages, name) !== wanted);
  const made = join(pages, `making.${process.pid}`);
  await build(made);
  putInPlace(made, wanted);
  for (const name of earlier) rmSync(join(pages, name), { recursive: true, force: true });
  return wanted;
}

async function build(outDir: string): Promise<void> {
  // What Vite takes from the packages follows from it: a test must not leave its own kind of page to people.
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  const vite = await import('vite');
  const root = join(CHECKOUT, 'console');
  await vite.build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir } });
  if (before === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = before;
}

/** Another process may have been quicker. */
function putInPlace(made: string, wanted: string): void {
  try {
    renameSync(made, wanted);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(wanted)) throw error;
  }
}

function fingerprint(): string {
  const hash = createHash('sha256').update(readFileSync(join(CHECKOUT, 'package-lock.json')));
  for (const directory of SOURCES) {
    const names = readdirSync(join(CHECKOUT, directory), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((path) => /^(?!.*node_modules).*\.\w+$/.test(path)).toSorted()) {
      hash.update(`${directory}/${name}\n`).update(readFileSync(join(CHECKOUT, directory, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
