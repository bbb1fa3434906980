import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT, checkout, SERVICE, sls } from '../support/checkout.ts';
import { keep, readKept } from '../support/kept.ts';

/**
 * The text of the template that `sls package` makes with these options. It takes seconds, and several files of tests
 * ask for the same one: it is kept until anything changes that it is made of.
 */
export async function compiledTemplate(options: string): Promise<string> {
  const name = `templates/${options.replace(/\W+/g, '-')}`;
  const madeOf = hashOfService(options);
  const kept = readKept(name, madeOf);
  if (kept) return kept;
  const directory = checkout();
  const { code, output } = await sls(directory, `package ${options}`);
  if (code !== 0) throw new Error(output);
  const template = readFileSync(join(directory, '.serverless/cloudformation-template-update-stack.json'), 'utf8');
  keep(name, madeOf, template);
  return template;
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
