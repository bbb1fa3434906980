import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CHECKOUT, checkout, SERVICE, sls } from '../support/checkout.ts';

const TEMPLATES = join(CHECKOUT, '.local/templates');

/** A template, and all that it was made of as a hash. */
const keptSchema = z.object({ madeOf: z.string(), template: z.string() });

/**
 * The text of the template that `sls package` makes with these options. It takes seconds, and several files of tests
 * ask for the same one: it is kept until anything changes that it is made of.
 */
export async function compiledTemplate(options: string): Promise<string> {
  const file = join(TEMPLATES, `${options.replace(/\W+/g, '-')}.json`);
  const madeOf = hashOfService(options);
  const kept = readKept(file);
  if (kept?.madeOf === madeOf) return kept.template;
  const directory = checkout();
  const { code, output } = await sls(directory, `package ${options}`);
  if (code !== 0) throw new Error(output);
  const template = readFileSync(join(directory, '.serverless/cloudformation-template-update-stack.json'), 'utf8');
  keep(file, { madeOf, template });
  return template;
}

function readKept(file: string): z.output<typeof keptSchema> | undefined {
  try {
    return keptSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Whole or not at all, as another process may be reading it. */
function keep(file: string, kept: z.output<typeof keptSchema>): void {
  mkdirSync(TEMPLATES, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(kept));
  renameSync(draft, file);
}

/** Changes with every file that is deployed or deploys, with the versions of all packages, and with Node. */
function hashOfService(options: string): string {
  const hash = createHash('sha256').update(JSON.stringify([options, process.version]));
  for (const name of [...SERVICE, 'package-lock.json'].flatMap(filesOf).toSorted()) {
    hash.update(JSON.stringify([name, readFileSync(join(CHECKOUT, name), 'utf8')]));
  }
  return hash.digest('hex');
}

function filesOf(name: string): string[] {
  const path = join(CHECKOUT, name);
  if (!statSync(path).isDirectory()) return [name];
  return readdirSync(path).flatMap((entry) => filesOf(join(name, entry)));
}
