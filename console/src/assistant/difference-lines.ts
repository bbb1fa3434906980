import { type Change, diffLines, diffWordsWithSpace } from 'diff';

/** A part of a line, and whether the other side has it. */
export interface Part {
  text: string;
  isChanged: boolean;
}

/** A line of one side. */
export interface Line {
  number: number;
  parts: readonly Part[];
}

/** Two lines side by side; one side may be empty. */
export interface Pair {
  kind: 'same' | 'changed';
  before?: Line;
  after?: Line;
}

/** Two texts side by side: changed lines stand beside what they became. */
export function pairsOf(before: string, after: string): Pair[] {
  const pairs: Pair[] = [];
  const at = { before: 1, after: 1 };
  const changes = diffLines(`${before}\n`, `${after}\n`);
  for (const [index, change] of changes.entries()) {
    if (change.added && changes[index - 1]?.removed) continue;
    const next = changes[index + 1];
    const [removed, added] = sidesOf(change, change.removed && next?.added ? next : undefined);
    const kind = change.added || change.removed ? 'changed' : 'same';
    for (let line = 0; line < Math.max(removed.length, added.length); line += 1) {
      pairs.push(pairOf({ kind, left: removed[line], right: added[line] }, at));
    }
  }
  return pairs;
}

function sidesOf(change: Change, replacement: Change | undefined): [string[], string[]] {
  if (replacement) return [linesOf(change), linesOf(replacement)];
  if (change.removed) return [linesOf(change), []];
  if (change.added) return [[], linesOf(change)];
  return [linesOf(change), linesOf(change)];
}

function linesOf({ value }: Change): string[] {
  return value.replace(/\n$/, '').split('\n');
}

interface Texts {
  kind: Pair['kind'];
  left: string | undefined;
  right: string | undefined;
}

/** Continues the line numbers of each side. */
function pairOf({ kind, left, right }: Texts, at: { before: number; after: number }): Pair {
  const words = kind === 'changed' && left !== undefined && right !== undefined ? wordsOf(left, right) : [];
  const pair: Pair = { kind };
  if (left !== undefined) {
    pair.before = { number: at.before, parts: partsOf(left, words, ({ added }) => !added) };
    at.before += 1;
  }
  if (right !== undefined) {
    pair.after = { number: at.after, parts: partsOf(right, words, ({ removed }) => !removed) };
    at.after += 1;
  }
  return pair;
}

/** The most differences that are computed: more take seconds, and help nobody. */
const MOST_EDITS = 500;

/** Two lines with little in common are shown as a whole. */
function wordsOf(left: string, right: string): readonly Change[] {
  return diffWordsWithSpace(left, right, { maxEditLength: MOST_EDITS }) ?? [];
}

function partsOf(text: string, words: readonly Change[], isHere: (change: Change) => boolean): Part[] {
  if (words.length === 0) return [{ text, isChanged: false }];
  return words.filter(isHere).map(({ value, added, removed }) => ({ text: value, isChanged: added || removed }));
}

/** Lines that are shown, or the number of equal lines that are folded. */
export type Block = { kind: 'shown'; pairs: readonly Pair[] } | { kind: 'folded'; pairs: readonly Pair[] };

/** The number of equal lines that are shown around a change. */
const CONTEXT = 3;

/** Folds what is far from any change. */
export function blocksOf(pairs: readonly Pair[]): Block[] {
  const near = new Set<number>();
  for (const [index, { kind }] of pairs.entries()) {
    if (kind === 'same') continue;
    for (let at = index - CONTEXT; at <= index + CONTEXT; at += 1) near.add(at);
  }
  const blocks: { kind: Block['kind']; pairs: Pair[] }[] = [];
  for (const [index, pair] of pairs.entries()) {
    const kind = near.has(index) ? 'shown' : 'folded';
    const last = blocks.at(-1);
    if (last?.kind === kind) last.pairs.push(pair);
    else blocks.push({ kind, pairs: [pair] });
  }
  return blocks;
}
