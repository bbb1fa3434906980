import type { LineCounter, Node } from 'yaml';

/** A mistake in a directory, and its place. */
export interface Mistake {
  /** Relative to where the command runs. */
  file: string;
  /** From 1; absent when no line can be named. */
  line?: number;
  /** Path of the field in dots. */
  field?: string;
  text: string;
}

/** `file:line: field: text`, as editors and pipelines read it. */
export function mistakeLine({ file, line, field, text }: Mistake): string {
  return [line === undefined ? file : `${file}:${line}`, ...(field ? [field] : []), text].join(': ');
}

/** A place in a file. */
interface Place {
  source: { file: string; lineAt(path: readonly (string | number)[]): number | undefined };
  /** The part of the file that was sent to the service. */
  root: readonly string[];
}

/** A refusal of the service. */
interface Refusal {
  message: string;
  problem?: { errors: readonly { field: string; detail: string }[] } | undefined;
}

/** Fields of the service's errors that no file has: the request as a whole, and its path. */
const OF_THE_WHOLE: readonly string[] = ['body', 'orgId', 'templateId'];

/** The mistakes of a refusal, at the lines of the fields that it names. */
export function mistakesIn({ message, problem }: Refusal, { source, root }: Place): Mistake[] {
  const errors = problem?.errors ?? [];
  if (errors.length === 0)
    return [{ file: source.file, line: source.lineAt(root), field: root.join('.'), text: message }];
  return errors.map(({ field, detail }) => {
    const within = OF_THE_WHOLE.includes(field)
      ? []
      : field.split('.').map((name) => (/^\d+$/.test(name) ? Number(name) : name));
    const path = [...root, ...within];
    return { file: source.file, line: source.lineAt(path), field: path.join('.'), text: detail };
  });
}

/** The line of a node; undefined when it does not come from a text. */
export function lineOf(lines: LineCounter, node: Node | null | undefined): number | undefined {
  const start = node?.range?.[0];
  return start === undefined ? undefined : lines.linePos(start).line;
}
