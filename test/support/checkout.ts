import { execFile } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../local/temporary-directory.ts';

export const CHECKOUT = join(import.meta.dirname, '../..');
/** Where things are kept that need not be made again. */
const CACHES = join(CHECKOUT, '.local');
/** For the environment of a child process: most of the life of a short one is the compiling of modules. */
export const COMPILED = { NODE_COMPILE_CACHE: join(CACHES, 'compile-cache') };
/** The longest that a test with child processes may take: each is ready within a second, or within many on a busy machine. */
export const PROCESSES_MS = 90_000;
/** All that a deployment is made of. */
export const SERVICE = ['serverless.yml', 'infrastructure', 'package.json', 'tsconfig.json', 'src', 'local', 'events'];

/** A checkout of its own, as far as Serverless needs one. */
export function checkout(): string {
  const directory = temporaryDirectory();
  for (const name of SERVICE) cpSync(join(CHECKOUT, name), join(directory, name), { recursive: true });
  symlinkSync(join(CHECKOUT, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}

export interface Outcome {
  code: number;
  output: string;
}

/** Runs the real command line, in a shell that has no AWS settings and no Vapi. */
export function sls(directory: string, command: string): Promise<Outcome> {
  const program = join(CHECKOUT, 'node_modules/serverless/bin/serverless.js');
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    ...COMPILED,
    // The validator of serverless.yml, which is generated.
    SLS_SCHEMA_CACHE_BASE_DIR: CACHES,
  };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...command.split(' ')], { cwd: directory, env }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, output: out + err }),
    );
  });
}
