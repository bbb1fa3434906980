import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { type Document, isNode, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { HIDDEN } from '../../src/domain/configuration/masking.ts';
import { isJsonObject } from '../../src/domain/json.ts';
import { lineOf, type Mistake } from './mistakes.ts';

/** A YAML file that was read: its content, and the place of each field. */
export interface Source {
  file: string;
  content: unknown;
  /** The line of a field (`assistants.inbound.model`), or of the closest one around it. */
  lineAt(path: Path): number | undefined;
}

/**
 * How a text names a value from the environment: secrets do not belong in Git. With another `$` before it, the text
 * itself is meant.
 */
const ENVIRONMENT = /\$?\$\{env:([^{}]*)\}/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads a YAML file. Adds its mistakes; undefined when it is not YAML at all. */
export function readSource(file: string, mistakes: Mistake[], environment = process.env): Source | undefined {
  const text = textOf(file, mistakes);
  return text === undefined ? undefined : parseSource({ file, text }, mistakes, environment);
}

const NO_UTF8 = 'is no UTF-8; save it in that encoding';

/** The text of a file. Throws for what cannot be read, or is no UTF-8. */
export function readText(file: string): string {
  return textOfBytes(readFileSync(file));
}

/**
 * A text without its byte order mark and with one kind of line ends, so that a checkout on Windows gives the same
 * content. Throws when it is not UTF-8: unreadable letters would be replaced by others in the configuration.
 */
export function textOfBytes(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new Error(`it ${NO_UTF8}`);
  return new TextDecoder().decode(bytes).replaceAll('\r\n', '\n');
}

function textOf(file: string, mistakes: Mistake[]): string | undefined {
  try {
    // What is no file may never end, as a pipe does.
    if (statSync(file).isFile()) return readText(file);
    mistakes.push({ file, text: 'is no file; a file must be here, or a link to one' });
    return undefined;
  } catch (error) {
    const code = Error.isError(error) && 'code' in error ? String(error.code) : undefined;
    const text = code ? `cannot be read (${code}); a file must be here, or a link to one` : NO_UTF8;
    mistakes.push({ file, text });
    return undefined;
  }
}

/** Front matter, and the text after it, if any. */
const FRONT_MATTER = /^---\n(.*?)\n---(?:\n(.*))?$/s;

/**
 * Reads a Markdown file: its front matter is a template, its body the system message of the assistant's model. Adds its
 * mistakes.
 */
export function readMarkdown(file: string, mistakes: Mistake[], environment = process.env): Source | undefined {
  const text = textOf(file, mistakes);
  if (text === undefined) return undefined;
  const [, front, body = ''] = FRONT_MATTER.exec(text) ?? [];
  if (front === undefined) {
    mistakes.push({ file, line: 1, text: 'has no front matter: begin with a line `---`, and end it with another' });
    return undefined;
  }
  // A line before it, so that lines are counted as in the file.
  const source = parseSource({ file, text: `\n${front}` }, mistakes, environment);
  const bodyAt = text.length - body.length;
  const lineOfBody = (offset: number) => text.slice(0, bodyAt + offset).split('\n').length;
  const message = filled(
    body,
    (offset, mistake) => {
      mistakes.push({ file, line: lineOfBody(offset), text: mistake });
    },
    environment,
  );
  return source && { ...source, content: withSystemMessage(source.content, message.trim()) };
}

function withSystemMessage(content: unknown, text: string): unknown {
  if (text === '' || !isJsonObject(content) || !isJsonObject(content.assistant)) return content;
  const { model } = content.assistant;
  const given = isJsonObject(model) ? model : {};
  const others = Array.isArray(given.messages) ? given.messages : [];
  const messages = [{ role: 'system', content: text }, ...others];
  return { ...content, assistant: { ...content.assistant, model: { ...given, messages } } };
}

/** A text of an assistant as a file has it, in which no value of the environment is named. */
export function literal(text: string): string {
  return text.replaceAll('${env:', () => '$${env:');
}

/** Messages in the place of those of the parser that only programmers understand. */
const WRONG: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this name is there twice; remove one of them',
  // A warning of the parser, which takes the text without its tag.
  TAG_RESOLVE_FAILED: 'a tag (!) says nothing here; write the value itself, or ${env:NAME} for a secret',
  MULTIPLE_DOCS: 'holds several documents; take out the line `---`, or make a file of each',
};

/** Reads a YAML or JSON text. Adds its mistakes; undefined when it is neither. */
export function parseSource(
  { file, text }: { file: string; text: string },
  mistakes: Mistake[],
  environment: NodeJS.ProcessEnv,
): Source | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const wrong = [...document.errors, ...document.warnings];
  for (const { pos, code, message } of wrong) {
    const said = WRONG[code] ?? `is no YAML or JSON: ${message.split('\n')[0]}`;
    mistakes.push({ file, line: lines.linePos(pos[0]).line, text: said });
  }
  if (wrong.length > 0 || !isReadable(document, { file, lines, mistakes })) return undefined;
  fillIn(document, { file, lines, mistakes, environment });
  const content = contentOf(document, { file, mistakes });
  if (!content) return undefined;
  const strangers = [...strangersIn(content.value)];
  for (const path of strangers) {
    const text = 'is nothing that JSON has; write it as a text';
    mistakes.push({ file, line: lineAt(document, lines, path), field: path.join('.'), text });
  }
  if (strangers.length > 0) return undefined;
  return { file, content: content.value, lineAt: (path) => lineAt(document, lines, path) };
}

type Path = readonly (string | number)[];

/** The place of a value that JSON cannot hold: bytes, a set, or one that contains itself. */
function* strangersIn(value: unknown, path: Path = [], around: readonly unknown[] = []): Generator<Path> {
  if (typeof value !== 'object' || value === null) return;
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain || around.includes(value)) return yield path;
  for (const [name, inner] of Object.entries(value)) {
    yield* strangersIn(inner, [...path, Array.isArray(value) ? Number(name) : name], [...around, value]);
  }
}

/** Values that would be lost when they are sent, or cannot be looked up, are mistakes. */
function isReadable(document: Document, { file, lines, mistakes }: Omit<Filling, 'environment'>): boolean {
  const before = mistakes.length;
  const tell = (node: Node, text: string) => mistakes.push({ file, line: lineOf(lines, node) ?? 1, text });
  visit(document, {
    Alias: (_key, node) => {
      const { source } = node;
      if (!node.resolve(document))
        tell(node, `*${source} stands for nothing; write what it stands for, or &${source} before it`);
    },
    Scalar: (_key, node) => {
      if (typeof node.value !== 'number') return;
      const { value, source = String(value) } = node;
      if (!Number.isFinite(value)) tell(node, `${source} is no number that JSON has; give another value`);
      else if (isCut(source, value)) tell(node, `${source} has more digits than a number keeps; write it as a text`);
    },
  });
  return mistakes.length === before;
}

/** True for a number that is another one when it was read. */
function isCut(source: string, value: number): boolean {
  return /^[-+]?\d+$/.test(source) && BigInt(source.replace('+', '')) !== BigInt(value);
}

/** The content of a document; undefined when its aliases make it grow without end. */
function contentOf(
  document: Document,
  { file, mistakes }: { file: string; mistakes: Mistake[] },
): { value: unknown } | undefined {
  try {
    return { value: document.toJS() };
  } catch {
    mistakes.push({ file, line: 1, text: 'names the same things (&, *) too often; write them out' });
    return undefined;
  }
}

interface Filling {
  file: string;
  lines: LineCounter;
  mistakes: Mistake[];
  environment: NodeJS.ProcessEnv;
}

/** Replaces names of environment variables by their values. */
function fillIn(document: Document, { file, lines, mistakes, environment }: Filling): void {
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value !== 'string') return;
      const line = lineOf(lines, node) ?? 1;
      node.value = filled(node.value, (_offset, text) => mistakes.push({ file, line, text }), environment);
    },
  });
}

/** A text with the values of environment variables in it. Mistakes are told with their place in the text. */
function filled(text: string, tell: (offset: number, mistake: string) => void, environment: NodeJS.ProcessEnv): string {
  const hidden = text.indexOf(HIDDEN);
  if (hidden >= 0) tell(hidden, `${HIDDEN} stands for a secret; write $\{env:NAME} in its place`);
  return text.replace(ENVIRONMENT, (place, name: string, offset: number) => {
    if (place.startsWith('$$')) return place.slice(1);
    const value = environment[name];
    // A name that was not replaced would be sent as the secret.
    if (!NAME.test(name)) {
      tell(offset, `"${name}" is no name of the environment: use letters, digits and _, not beginning with a digit`);
    } else if (value === undefined) tell(offset, `the environment has no ${name}`);
    // A pipeline sets an empty value for a secret that it does not know.
    else if (value === '') tell(offset, `${name} is empty in the environment; give it a value`);
    return value ?? place;
  });
}

function lineAt(document: Document, lines: LineCounter, path: Path): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const found = document.getIn(path.slice(0, length), true);
    const line =
      isNode(found) && (isScalar(found) || length === path.length || found.range) ? lineOf(lines, found) : undefined;
    if (line !== undefined) return line;
  }
  return 1;
}
