import { readFileSync } from 'node:fs';
import { type Document, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { isJsonObject } from '../../src/domain/json.ts';
import { lineOf, type Mistake } from './mistakes.ts';

/** A YAML file that was read: its content, and the place of each field. */
export interface Source {
  file: string;
  content: unknown;
  /** The line of a field (`assistants.inbound.model`), or of the closest one around it. */
  lineAt(path: readonly (string | number)[]): number | undefined;
}

/** A value from the environment, as texts name it: secrets do not belong into Git. */
const ENVIRONMENT = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** What the service shows in the place of a secret. */
const HIDDEN = '[hidden]';

/** Reads a YAML file. What is wrong with it is added to `mistakes`; undefined when it is no YAML at all. */
export function readSource(file: string, mistakes: Mistake[], environment = process.env): Source | undefined {
  return parseSource({ file, text: readFileSync(file, 'utf8') }, mistakes, environment);
}

/** Front matter, and what follows it. */
const FRONT_MATTER = /^---\r?\n(.*?)\r?\n---\r?\n(.*)$/s;

/**
 * Reads a Markdown file: its front matter is a template, its body the system message of the assistant's model. What is wrong with it is added
 * to `mistakes`.
 */
export function readMarkdown(file: string, mistakes: Mistake[], environment = process.env): Source | undefined {
  const [, front, body] = FRONT_MATTER.exec(readFileSync(file, 'utf8')) ?? [];
  if (front === undefined || body === undefined) {
    mistakes.push({ file, line: 1, text: 'has no front matter: begin with a line `---`, and end it with another' });
    return undefined;
  }
  // A line before it, so that lines are counted as in the file.
  const source = parseSource({ file, text: `\n${front}` }, mistakes, environment);
  return source && { ...source, content: withSystemMessage(source.content, body.trim()) };
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
  return { file, content: document.toJS(), lineAt: (path) => lineAt(document, lines, path) };
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
      if (node.value.includes(HIDDEN)) {
        mistakes.push({ file, line, text: `${HIDDEN} stands for a secret; write $\{env:NAME} in its place` });
      }
      node.value = node.value.replace(ENVIRONMENT, (text, name: string) => {
        const value = environment[name];
        if (value === undefined) mistakes.push({ file, line, text: `the environment has no ${name}` });
        return value ?? text;
      });
    },
  });
}

function lineAt(document: Document, lines: LineCounter, path: readonly (string | number)[]): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const found = document.getIn(path.slice(0, length), true);
    const line =
      isNode(found) && (isScalar(found) || length === path.length || found.range) ? lineOf(lines, found) : undefined;
    if (line !== undefined) return line;
  }
  return 1;
}
