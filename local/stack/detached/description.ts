import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode } from '../error-code.ts';

const description = z.object({
  pid: z.number(),
  /** Random: tells this stack from another process that later gets its process id or port. */
  id: z.string(),
  /** The version of the code that runs: a stack of another version is replaced. */
  version: z.string(),
  /** The port on which the stack identifies itself. */
  url: z.url(),
  /** The environment for users of the stack. */
  environment: z.record(z.string(), z.string()),
});

/** The stack of a directory, as it stands in its `stack.json`. */
export type StackDescription = z.output<typeof description>;

const fileIn = (directory: string) => join(directory, 'stack.json');

/** Undefined when there is no such file, or when another version wrote it in another form. */
export function readDescription(directory: string): StackDescription | undefined {
  try {
    return description.safeParse(JSON.parse(readFileSync(fileIn(directory), 'utf8'))).data;
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Replaces the file as a whole, so that nobody reads half of one. */
export function writeDescription(directory: string, stack: StackDescription): void {
  const draft = `${fileIn(directory)}.${stack.pid}.new`;
  writeFileSync(draft, JSON.stringify(stack, null, 2));
  renameSync(draft, fileIn(directory));
}

const CHECKOUT = join(import.meta.dirname, '../../..');

/** What a stack is made of: the sources of the stand-ins, the table and the queues, and the packages that they use. */
export function versionOfStack(hasKeys: boolean): string {
  const sources = globSync('local/**/*.ts', { cwd: CHECKOUT }).toSorted();
  const files = [...sources, 'serverless.yml', 'package-lock.json'].map((name) => join(CHECKOUT, name));
  const hash = createHash('sha256').update(`${process.version} ${hasKeys}`);
  for (const file of files.filter((name) => existsSync(name))) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}
