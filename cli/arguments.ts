import { createInterface } from 'node:readline/promises';
import type { components } from '../client/index.ts';
import { isJsonObject } from '../src/domain/json.ts';
import { type Mistake, mistakeLine } from './directory/mistakes.ts';
import { parseSource, readMarkdown, readText } from './directory/source.ts';
import { CliError, EXIT } from './exit.ts';

/** Inbound or outbound. */
export type Role = components['schemas']['Role'];
/** What PUT takes. */
export type Configuration = components['schemas']['Configuration'];

/** Parses a role. Throws a `CliError`. */
export function roleIn(text: string): Role {
  if (text === 'inbound' || text === 'outbound') return text;
  throw new CliError(`"${text}" is no role: use inbound or outbound.`, EXIT.usage);
}

/** A configuration in a YAML or JSON file; `-` is stdin. Throws a `CliError`. */
export function configurationIn(file: string): Configuration {
  return contentIn<Configuration>(file, 'holds no configuration: it must be an object, as PUT takes it.');
}

/** The object in a YAML or JSON file; the service says what is wrong within it. Throws a `CliError`. */
export function contentIn<Content extends object>(file: string, otherwise = 'must hold an object.'): Content {
  const content = parsed(file);
  if (isContent<Content>(content)) return content;
  throw new CliError(`${nameOf(file)} ${otherwise}`);
}

/** Only checks that it is an object: the service checks its content. */
export function isContent<Content extends object>(value: unknown): value is Content {
  return isJsonObject(value);
}

/** The text of a file; `-` is stdin. Throws a `CliError`. */
export function textIn(file: string): string {
  return readable(file, () => readText(file === '-' ? 0 : file));
}

/** Reads a text as a file of a directory is read: names of environment variables are replaced by their values. */
function parsed(file: string): unknown {
  const mistakes: Mistake[] = [];
  const read = () => parseSource({ file: nameOf(file), text: textIn(file) }, mistakes, process.env);
  const source = file.endsWith('.md') ? readable(file, () => readMarkdown(file, mistakes)) : read();
  if (mistakes.length > 0) throw new CliError(mistakes.map(mistakeLine).join('\n'));
  return source?.content;
}

function nameOf(file: string): string {
  return file === '-' ? 'stdin' : file;
}

function readable<Content>(file: string, read: () => Content): Content {
  try {
    return read();
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${Error.isError(error) ? error.message : 'unknown error'}`);
  }
}

/** The streams of a question. */
interface Terminal {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream;
}

/**
 * Asks for confirmation. Throws a `CliError`: without a terminal and without `--yes` with 64, when declined with 1,
 * when left by Ctrl-C or Ctrl-D with 130.
 */
export async function confirm(
  question: string,
  isConfirmed: boolean | undefined,
  { stdin, stderr }: Terminal = process,
): Promise<void> {
  if (isConfirmed) return;
  if (!stdin.isTTY) throw new CliError(`${question} Say --yes, as there is no terminal to ask on.`, EXIT.usage);
  const prompt = createInterface({ input: stdin, output: stderr });
  const answer = await prompt.question(`${question} [y/N] `).catch(() => undefined);
  prompt.close();
  if (answer === undefined) throw new CliError('\nNothing was done.', EXIT.interrupted);
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('Nothing was done.');
}
