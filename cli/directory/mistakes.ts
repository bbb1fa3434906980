import type { LineCounter, Node } from 'yaml';

/** Something in a directory that is wrong, and where. */
export interface Mistake {
  /** Relative to where the command runs. */
  file: string;
  /** From 1; absent where no line can be named. */
  line?: number;
  /** Path of the field in dots. */
  field?: string;
  text: string;
}

/** `file:line: field: text`, as editors and pipelines read it. */
export function mistakeLine({ file, line, field, text }: Mistake): string {
  return [line === undefined ? file : `${file}:${line}`, ...(field ? [field] : []), text].join(': ');
}

/** The line of a node; undefined for one that was not in a text. */
export function lineOf(lines: LineCounter, node: Node | null | undefined): number | undefined {
  const start = node?.range?.[0];
  return start === undefined ? undefined : lines.linePos(start).line;
}
