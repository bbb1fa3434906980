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

/** Where something stands in a file. */
interface Place {
  source: { file: string; lineAt(path: readonly (string | number)[]): number | undefined };
  /** What of the file the service was asked for. */
  root: readonly string[];
}

/** A refusal of the service, or of its rules. */
interface Refusal {
  message: string;
  problem?: { errors: readonly { field: string; detail: string }[] } | undefined;
}

/** What the service calls the request as a whole, and its path: no file has these fields. */
const OF_THE_WHOLE: readonly string[] = ['body', 'orgId', 'templateId'];

/** What is refused, at the lines of the fields that are named. */
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

/** The line of a node; undefined for one that was not in a text. */
export function lineOf(lines: LineCounter, node: Node | null | undefined): number | undefined {
  const start = node?.range?.[0];
  return start === undefined ? undefined : lines.linePos(start).line;
}
