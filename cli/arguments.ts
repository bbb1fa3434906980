import { createInterface } from 'node:readline/promises';
import { buffer } from 'node:stream/consumers';
import { InvalidArgumentError } from 'commander';
import type { components } from '../client/index.ts';
import { isJsonObject } from '../src/domain/json.ts';
import { type Mistake, mistakeLine } from './directory/mistakes.ts';
import { parseSource, readMarkdown, readText, textOfBytes } from './directory/source.ts';
import { CliError, EXIT, messageOf } from './exit.ts';

/** Inbound or outbound. */
export type Role = components['schemas']['Role'];
/** What PUT takes. */
export type Configuration = components['schemas']['Configuration'];

/** Parses a role. Throws a `CliError`. */
export function roleIn(text: string): Role {
  if (text === 'inbound' || text === 'outbound') return text;
  throw new CliError(`"${text}" is no role: use inbound or outbound.`, EXIT.usage);
}

/** A whole number from 1 on, as the value of an option. Throws what commander says as wrong usage. */
export function countIn(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Use a whole number from 1 on.');
}

/** A configuration in a YAML or JSON file; `-` is stdin. Throws a `CliError`. */
export async function configurationIn(file: string): Promise<Configuration> {
  return await contentIn<Configuration>(file, 'holds no configuration: it must be an object, as PUT takes it.');
}

/** The object in a YAML or JSON file; the service says what is wrong within it. Throws a `CliError`. */
export async function contentIn<Content extends object>(
  file: string,
  otherwise = 'must hold an object.',
): Promise<Content> {
  const content = await parsed(file);
  if (isContent<Content>(content)) return content;
  throw new CliError(`${nameOf(file)} ${otherwise}`);
}

/** Only checks that it is an object: the service checks its content. */
export function isContent<Content extends object>(value: unknown): value is Content {
  return isJsonObject(value);
}

/** The text of a file; `-` is stdin, which may take its time. Throws a `CliError`. */
export async function textIn(file: string): Promise<string> {
  return await readable(file, async () => (file === '-' ? textOfBytes(await buffer(process.stdin)) : readText(file)));
}

/** Reads a text as a file of a directory is read: names of environment variables are replaced by their values. */
async function parsed(file: string): Promise<unknown> {
  const mistakes: Mistake[] = [];
  const read = async () => parseSource({ file: nameOf(file), text: await textIn(file) }, mistakes, process.env);
  const source = file.endsWith('.md') ? readMarkdown(file, mistakes) : await read();
  if (mistakes.length > 0) throw new CliError(mistakes.map(mistakeLine).join('\n'));
  return source?.content;
}

function nameOf(file: string): string {
  return file === '-' ? 'stdin' : file;
}

async function readable<Content>(file: string, read: () => Promise<Content>): Promise<Content> {
  try {
    return await read();
  } catch (error) {
    throw new CliError(`${nameOf(file)} cannot be read: ${messageOf(error)}`);
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
