import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../local/temporary-directory.ts';

export const CHECKOUT = join(import.meta.dirname, '../..');
/** Where things are kept that need not be made again. */
export const CACHES = join(CHECKOUT, '.local');
/** For the environment of a child process: most of the life of a short one is the compiling of modules. */
export const COMPILED = { NODE_COMPILE_CACHE: join(CACHES, 'compile-cache') };
/**
 * The longest that a test with child processes may take: each is ready within a second, or within many on a busy
 * machine.
 */
export const PROCESSES_MS = 120_000;
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

const PROGRAM = join(CHECKOUT, 'node_modules/serverless/bin/serverless.js');

/** That of a shell that has no AWS settings and no Vapi. */
function environmentIn(directory: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: directory,
    ...COMPILED,
    // The validator of serverless.yml, which is generated.
    SLS_SCHEMA_CACHE_BASE_DIR: CACHES,
  };
}

/** Runs the real command line to its end. */
export function sls(directory: string, command: string): Promise<Outcome> {
  const options = { cwd: directory, env: environmentIn(directory) };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...command.split(' ')], options, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, output: out + err }),
    );
  });
}

/** Starts a command that goes on, and waits for what it prints when it is ready. Throws when it ends before. */
export async function startSls(directory: string, { command, readyWith }: { command: string; readyWith: string }) {
  const options = { cwd: directory, env: environmentIn(directory) };
  const child = spawn(process.execPath, [PROGRAM, ...command.split(' ')], options);
  const ended = once(child, 'exit');
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      if (output.includes(readyWith)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    ended.then(() => reject(new Error(`"sls ${command}" ended: ${output}`)));
  });
  return {
    /** What it has printed so far. */
    output: () => output,
    stop: async () => {
      child.kill('SIGINT');
      await ended;
    },
  };
}
