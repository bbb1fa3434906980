import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode } from '../error-code.ts';

const description = z.object({
  pid: z.number(),
  /** Random: another process that gets this id of a process, or its port, does not know it. */
  id: z.string(),
  /** Of the code that runs: a stack of another version is replaced. */
  version: z.string(),
  /** Where the stack answers for itself. */
  url: z.url(),
  /** For whoever uses the stack. */
  environment: z.record(z.string(), z.string()),
});

/** The stack of a directory, as it stands in its `stack.json`. */
export type StackDescription = z.output<typeof description>;

const fileIn = (directory: string) => join(directory, 'stack.json');

/** Undefined when there is none, or when it was left by something that writes another file. */
export function readDescription(directory: string): StackDescription | undefined {
  try {
    return description.safeParse(JSON.parse(readFileSync(fileIn(directory), 'utf8'))).data;
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Replaces the file as a whole: nobody ever reads half of one. */
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
