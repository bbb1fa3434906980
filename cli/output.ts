import { styleText } from 'node:util';
import stringWidth from 'string-width';

type Style = Parameters<typeof styleText>[0];

/** A column of a table: its title, and how a row is shown in it. */
export interface Column<Row> {
  title: string;
  of: (row: Row) => string | number | null | undefined;
  style?: (row: Row) => Style | undefined;
}

/**
 * What a command prints. Data go to stdout: one JSON document with `--json`, otherwise text for people. Notes about the
 * progress go to stderr. Colours and bars only on a terminal.
 */
export class Output {
  readonly isJson: boolean;
  readonly isTerminal: boolean;

  constructor({ json = false }: { json?: boolean | undefined }) {
    this.isJson = json;
    this.isTerminal = process.stdout.isTTY === true;
  }

  /** One JSON document, the same data as the text. */
  json(value: unknown): void {
    if (this.isJson) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** One JSON document in a line, for commands that keep printing. */
  jsonLine(value: unknown): void {
    if (this.isJson) process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** A line of text for people. */
  line(text = ''): void {
    if (!this.isJson) process.stdout.write(`${this.isTerminal ? shown(text) : plain(text)}\n`);
  }

  /** A note on stderr. */
  note(text: string): void {
    process.stderr.write(`${plain(text)}\n`);
  }

  /** A line on the side that the next one takes the place of; only on a terminal. */
  progress(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  }

  /** Coloured on a terminal. */
  styled(style: Style, text: string): string {
    return this.isTerminal ? styleText(style, plain(text)) : text;
  }

  /** A table for people, a line for each row. It fits the terminal: the widest columns are cut. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
    if (this.isJson) return;
    const cells = rows.map((row) => columns.map(({ of }) => inLine(String(of(row) ?? ''))));
    const widths = columns.map(({ title }) => widthOf(title));
    for (const row of cells) {
      for (const [at, text] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(text));
    }
    // Some terminals do not know their width, and say 0.
    const fitted = fitting(widths, process.stdout.columns || Number.POSITIVE_INFINITY);
    const show = (texts: readonly string[], styleOf: (at: number) => Style | undefined) =>
      this.line(
        texts
          .map((text, at) => this.#cell(text, fitted[at] ?? 0, styleOf(at)))
          .join('')
          .trimEnd(),
      );
    show(
      columns.map(({ title }) => title),
      () => 'bold',
    );
    for (const [index, row] of rows.entries()) show(cells[index] ?? [], (at) => columns[at]?.style?.(row));
  }

  #cell(text: string, width: number, style: Style | undefined): string {
    const fitted = cutTo(text, width);
    const blanks = ' '.repeat(Math.max(0, width - widthOf(fitted)) + GAP);
    return (style && fitted !== '' ? this.styled(style, fitted) : fitted) + blanks;
  }
}

/** What `styled` puts around a text, on a terminal. */
const STYLED = new RegExp(`(${'\u001b'}\\[(?:1|22|31|32|33|39)m)`);

/** What steers a terminal, or turns the direction of what follows it. */
const STEERING = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu;

/**
 * A text for people. It may hold names and values of organisations, which must not control the terminal: of control
 * characters only line ends, tabs and our own colours are kept.
 */
function shown(text: string): string {
  return text
    .split(STYLED)
    .map((part, at) => (at % 2 === 1 ? part : plain(part)))
    .join('');
}

/** A text of others, without anything that steers a terminal but line ends and tabs. */
export function plain(text: string): string {
  return text.replace(STEERING, (found) => (found === '\n' || found === '\t' ? found : '\ufffd'));
}

/** The same in one line. */
export function inLine(text: string): string {
  return plain(text).replaceAll(/[\n\t]+/g, ' ');
}

/** Blanks between two columns. */
const GAP = 2;

/** No column is cut to fewer letters than this. */
const LEAST = 8;

/** Columns of a terminal: letters of the East take two. */
function widthOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}

const LETTERS = new Intl.Segmenter();

/** A text that is no wider. */
function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let cut = '';
  let room = width - 1;
  for (const { segment } of LETTERS.segment(text)) {
    room -= widthOf(segment);
    if (room < 0) break;
    cut += segment;
  }
  return `${cut}…`;
}

/** Column widths that fit: the widest column is cut first. */
function fitting(widths: readonly number[], total: number): number[] {
  const fitted = [...widths];
  const used = () => fitted.reduce((sum, width) => sum + width + GAP, 0);
  while (used() > total) {
    const widest = fitted.indexOf(Math.max(...fitted));
    if ((fitted[widest] ?? 0) <= LEAST) break;
    fitted[widest] = (fitted[widest] ?? 0) - 1;
  }
  return fitted;
}
