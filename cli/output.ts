import { styleText } from 'node:util';
import Table from 'cli-table3';

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
    if (!this.isJson) process.stdout.write(`${shown(text)}\n`);
  }

  /** A note on stderr. */
  note(text: string): void {
    process.stderr.write(`${shown(text)}\n`);
  }

  /** Coloured on a terminal. */
  styled(style: Style, text: string): string {
    return this.isTerminal ? styleText(style, text) : text;
  }

  /** A table for people, which fits the terminal: the widest columns are cut. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
    if (this.isJson) return;
    const cells = rows.map((row) => columns.map(({ of }) => String(of(row) ?? '')));
    const widths = fitting(
      columns.map(({ title }, at) => Math.max(title.length, ...cells.map((row) => row[at]?.length ?? 0))),
      process.stdout.columns ?? Number.POSITIVE_INFINITY,
    );
    const table = new Table({
      head: columns.map(({ title }) => this.styled('bold', title)),
      colWidths: widths.map((width) => width + GAP),
      chars: NO_LINES,
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    });
    for (const [index, row] of rows.entries()) {
      table.push(
        columns.map(({ style }, at) => {
          const text = cells[index]?.[at] ?? '';
          const chosen = style?.(row);
          return chosen ? this.styled(chosen, text) : text;
        }),
      );
    }
    this.line(table.toString().replaceAll(/[ \t]+$/gm, ''));
  }
}

/** A control character, with what makes it a colour. */
const CONTROL = /(\p{Cc})(\[[\d;]*m)?/gu;

/**
 * A text for people. It may hold names and values of organisations, which must not control the terminal: of control
 * characters only line ends, tabs and colours are kept.
 */
export function shown(text: string): string {
  return text.replace(CONTROL, (found, control: string, colour = '') => {
    const isHarmless = control === '\n' || control === '\t' || (control === '\u001b' && colour !== '');
    return isHarmless ? found : `\ufffd${colour}`;
  });
}

/** Blanks between two columns. */
const GAP = 2;

/** No column is cut to fewer letters than this. */
const LEAST = 8;

const NO_LINES = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '' },
};

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
