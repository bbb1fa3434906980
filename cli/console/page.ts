import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the page. */
interface PageFile {
  type: string;
  content: Buffer;
}

/** The files of the page by their path; `index.html` is one of them. */
export type Page = ReadonlyMap<string, PageFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Loads the page. The package has it built; a checkout builds it when its sources have changed. */
export async function loadPage(): Promise<Page> {
  if (!existsSync(new URL('../../console/vite.config.ts', import.meta.url))) {
    return readPage(fileURLToPath(new URL('../../page', import.meta.url)));
  }
  const { builtPage } = await import('../../local/console/built-page.ts');
  return readPage(await builtPage());
}

/** Reads all files at once: no path from a request reaches the disk. */
function readPage(directory: string): Page {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const type = TYPES[extname(name)] ?? 'application/octet-stream';
      return [relative(directory, path).split(sep).join('/'), { type, content: readFileSync(path) }];
    }),
  );
}
