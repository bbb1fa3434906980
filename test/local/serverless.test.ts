import { execFile } from 'node:child_process';
import { cpSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary-directory.ts';

const CHECKOUT = join(import.meta.dirname, '../..');
const SERVICE = ['serverless.yml', 'infrastructure', 'package.json', 'tsconfig.json', 'src', 'local', 'events'];

/** A checkout of its own, as far as Serverless needs one. */
function checkout(): string {
  const directory = temporaryDirectory();
  for (const name of SERVICE) cpSync(join(CHECKOUT, name), join(directory, name), { recursive: true });
  symlinkSync(join(CHECKOUT, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}

interface Outcome {
  code: number;
  output: string;
}

/** Runs the real command line, in a shell that has no AWS settings and no Vapi. */
function sls(directory: string, command: string): Promise<Outcome> {
  const program = join(CHECKOUT, 'node_modules/serverless/bin/serverless.js');
  const env = { PATH: process.env.PATH, HOME: directory, NODE_COMPILE_CACHE: join(CHECKOUT, '.local/compile-cache') };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...command.split(' ')], { cwd: directory, env }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, output: out + err }),
    );
  });
}

const assistantIn = (outcome: Outcome) => /"assistantId": "([0-9a-f-]{36})"/.exec(outcome.output)?.[1];

it('two commands at once share one stack without any AWS account, and leave nothing running', async () => {
  const directory = checkout();
  const sync = 'invoke local -f sync -p events/sync.json';
  const [first, second] = await Promise.all([sls(directory, sync), sls(directory, sync)]);
  expect([first.code, second.code]).toEqual([0, 0]);
  expect(assistantIn(first)).toBeDefined();
  expect(assistantIn(second)).toBe(assistantIn(first));
  expect(readdirSync(join(directory, '.local'))).not.toContain('stack.json');
  expect(readdirSync(join(directory, '.local', 'build'))).toEqual([]);
}, 120_000);
