import { readFileSync } from 'node:fs';
import { type Document, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
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

/** A value from the environment, as texts name it: secrets do not belong into Git. */
const ENVIRONMENT = /\$\{env:([^{}]*)\}/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads a YAML file. What is wrong with it is added to `mistakes`; undefined when it is no YAML at all. */
export function readSource(file: string, mistakes: Mistake[], environment = process.env): Source | undefined {
  const text = textOf(file, mistakes);
  return text === undefined ? undefined : parseSource({ file, text }, mistakes, environment);
}

/** Without a byte order mark, and with one kind of line ends: what Git checks out on Windows is the same content. */
function textOf(file: string, mistakes: Mistake[]): string | undefined {
  try {
    return readFileSync(file, 'utf8')
      .replace(/^\uFEFF/, '')
      .replaceAll('\r\n', '\n');
  } catch (error) {
    const why = Error.isError(error) && 'code' in error ? String(error.code) : 'unknown error';
    mistakes.push({ file, text: `cannot be read (${why}); a file must be here, or a link to one` });
    return undefined;
  }
}

/** Front matter, and what follows it. */
const FRONT_MATTER = /^---\n(.*?)\n---\n(.*)$/s;

/**
 * Reads a Markdown file: its front matter is a template, its body the system message of the assistant's model. What is wrong with it is added
 * to `mistakes`.
 */
export function readMarkdown(file: string, mistakes: Mistake[], environment = process.env): Source | undefined {
  const text = textOf(file, mistakes);
  if (text === undefined) return undefined;
  const [, front, body] = FRONT_MATTER.exec(text) ?? [];
  if (front === undefined || body === undefined) {
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
  if (!isJsonObject(content) || !isJsonObject(content.assistant)) return content;
  const { model } = content.assistant;
  const given = isJsonObject(model) ? model : {};
  const others = Array.isArray(given.messages) ? given.messages : [];
  const messages = [{ role: 'system', content: text }, ...others];
  return { ...content, assistant: { ...content.assistant, model: { ...given, messages } } };
}

/** Reads a YAML or JSON text. What is wrong with it is added to `mistakes`; undefined when it is neither. */
export function parseSource(
  { file, text }: { file: string; text: string },
  mistakes: Mistake[],
  environment: NodeJS.ProcessEnv,
): Source | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  for (const { pos, message } of document.errors) {
    mistakes.push({ file, line: lines.linePos(pos[0]).line, text: `is no YAML or JSON: ${message.split('\n')[0]}` });
  }
  if (document.errors.length > 0) return undefined;
  fillIn(document, { file, lines, mistakes, environment });
  const before = mistakes.length;
  const content = contentOf(document, file, mistakes);
  for (const path of strangersIn(content)) {
    const text = 'is nothing that JSON has; write it as a text';
    mistakes.push({ file, line: lineAt(document, lines, path), field: path.join('.'), text });
  }
  if (mistakes.length > before) return undefined;
  return { file, content, lineAt: (path) => lineAt(document, lines, path) };
}

type Path = readonly (string | number)[];

/** Undefined when a reference (`*name`) leads nowhere, or to more than a file can mean. */
function contentOf(document: Document, file: string, mistakes: Mistake[]): unknown {
  try {
    return document.toJS();
  } catch (error) {
    mistakes.push({ file, text: `is no YAML or JSON: ${Error.isError(error) ? error.message : error}` });
    return undefined;
  }
}

/** Where something stands that would be sent as another thing: `.nan`, bytes, a set, or what contains itself. */
function* strangersIn(value: unknown, path: Path = [], around: readonly unknown[] = []): Generator<Path> {
  if (typeof value === 'number' && !Number.isFinite(value)) yield path;
  if (typeof value !== 'object' || value === null) return;
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain || around.includes(value)) return yield path;
  for (const [name, inner] of Object.entries(value)) {
    yield* strangersIn(inner, [...path, Array.isArray(value) ? Number(name) : name], [...around, value]);
  }
}

interface Filling {
  file: string;
  lines: LineCounter;
  mistakes: Mistake[];
  environment: NodeJS.ProcessEnv;
}

/** Puts values of the environment in the place of their names. */
function fillIn(document: Document, { file, lines, mistakes, environment }: Filling): void {
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value !== 'string') return;
      const line = lineOf(lines, node) ?? 1;
      node.value = filled(node.value, (_offset, text) => mistakes.push({ file, line, text }), environment);
    },
  });
}

/** A text with values of the environment in it. What is wrong is told with its place in the text. */
function filled(text: string, tell: (offset: number, mistake: string) => void, environment: NodeJS.ProcessEnv): string {
  const hidden = text.indexOf(HIDDEN);
  if (hidden >= 0) tell(hidden, `${HIDDEN} stands for a secret; write $\{env:NAME} in its place`);
  return text.replace(ENVIRONMENT, (place, name: string, offset: number) => {
    const value = environment[name];
    // A place that stayed as it is would be sent, and be the secret.
    if (!NAME.test(name)) {
      tell(offset, `"${name}" is no name of the environment: use letters, digits and _, not beginning with a digit`);
    } else if (value === undefined) tell(offset, `the environment has no ${name}`);
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
