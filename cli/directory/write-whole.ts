import { existsSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CliError, messageOf } from '../exit.ts';

/**
 * Writes a file as a whole or not at all, also on a full disk: half of a file is another configuration, which could be
 * applied. Throws a `CliError` that names the file.
 */
export function writeWhole(file: string, text: string): void {
  const target = existsSync(file) ? realpathSync(file) : file;
  // Hidden files of a directory are passed over.
  const part = join(dirname(target), `.${basename(target)}.part`);
  try {
    writeFileSync(part, text);
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    throw new CliError(`${file} cannot be written: ${messageOf(error)}`);
  }
}
