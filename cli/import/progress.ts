import { inLine } from '../output.ts';
import type { LineOutcome } from './import-lines.ts';
import type { Line } from './read-lines.ts';

/** Counts outcomes and shows them: a bar on a terminal, else a line for each. */
export interface Progress {
  note(line: Line, outcome: LineOutcome): void;
  /** Lines without an outcome are those that were not begun. */
  end(): { failed: number; untouched: number };
}

type Kind = LineOutcome['kind'];
const WORDS: Readonly<Record<Kind, string>> = {
  imported: 'imported',
  importable: 'can be imported',
  'mapped-already': 'mapped already',
  refused: 'refused',
  failed: 'failed',
};

const BAR = 30;
const CLEAR_LINE = '\r\u001b[K';

/** Where the progress of `total` lines is shown. */
interface Screen {
  isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Starts to show the progress of an import. */
export function startProgress(total: number, screen: Screen): Progress {
  const counts = new Map<Kind, number>();
  const done = () => [...counts.values()].reduce((sum, count) => sum + count, 0);
  const summary = () => [...counts].map(([kind, count]) => `${count} ${WORDS[kind]}`).join(', ') || 'nothing done';
  const bar = () => {
    const filled = total === 0 ? BAR : Math.floor((done() / total) * BAR);
    return `${CLEAR_LINE}[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ${done()}/${total} ${summary()}`;
  };
  return {
    note: (line, outcome) => {
      counts.set(outcome.kind, (counts.get(outcome.kind) ?? 0) + 1);
      const isBad = outcome.kind === 'refused' || outcome.kind === 'failed';
      if (isBad || !screen.isTTY) screen.write(`${screen.isTTY ? CLEAR_LINE : ''}${sentence(line, outcome)}\n`);
      if (screen.isTTY) screen.write(bar());
    },
    end: () => {
      const untouched = total - done();
      const left = untouched > 0 ? `, ${untouched} not begun` : '';
      screen.write(`${screen.isTTY ? '\n' : ''}${total} lines: ${summary()}${left}\n`);
      return { failed: (counts.get('refused') ?? 0) + (counts.get('failed') ?? 0), untouched };
    },
  };
}

function sentence({ line, text }: Line, outcome: LineOutcome): string {
  const why = 'why' in outcome ? `: ${outcome.why}` : '';
  return inLine(`line ${line} (${text}) ${WORDS[outcome.kind]}${why}`);
}
