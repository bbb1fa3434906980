import fc from 'fast-check';
import { blocksOf, type Line, type Pair, pairsOf } from '../../console/src/assistant/difference-lines.ts';
import { processorMs } from '../support/processor-time.ts';

const textOf = (lines: readonly (Line | undefined)[]) =>
  lines.flatMap((line) => (line ? [line.parts.map(({ text }) => text).join('')] : [])).join('\n');
const marked = (line: Line | undefined) => line?.parts.filter(({ isChanged }) => isChanged).map(({ text }) => text);
const lines = fc.array(fc.constantFrom('a', 'b', 'a b', '', 'prompt: x'), { minLength: 1, maxLength: 12 });

it('nothing is lost or made up: each side is the text that it was, with its lines counted', () => {
  fc.assert(
    fc.property(lines, lines, (left, right) => {
      const [before, after] = [left.join('\n'), right.join('\n')];
      const pairs = pairsOf(before, after);
      expect(textOf(pairs.map((pair) => pair.before))).toBe(before);
      expect(textOf(pairs.map((pair) => pair.after))).toBe(after);
      expect(pairs.flatMap((pair) => pair.before?.number ?? [])).toEqual(left.map((_, index) => index + 1));
      expect(pairs.flatMap((pair) => pair.after?.number ?? [])).toEqual(right.map((_, index) => index + 1));
      expect(blocksOf(pairs).flatMap((block) => block.pairs)).toEqual(pairs);
      expect(pairs.every(({ kind }) => kind === 'same')).toBe(before === after);
    }),
  );
});

it('a changed line stands beside what it became, with the words that differ', () => {
  const [first, second, third] = pairsOf('name: A\nopens at eight\nend', 'name: A\nopens at nine\nend');
  expect([first?.kind, second?.kind, third?.kind]).toEqual(['same', 'changed', 'same']);
  expect([marked(second?.before), marked(second?.after)]).toEqual([['eight'], ['nine']]);
});

it('two long lines without anything in common take no time, and are shown as wholes', () => {
  const line = (word: string) => Array.from({ length: 4_000 }, (_, index) => `${word}${index}`).join(' ');
  const began = processorMs();
  const [pair] = pairsOf(line('a'), line('b'));
  expect(processorMs() - began).toBeLessThan(2_000);
  expect([pair?.kind, marked(pair?.before), marked(pair?.after)]).toEqual(['changed', [], []]);
});

it('what is far from any change is folded, three lines around it are not', () => {
  const before = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  const pairs: Pair[] = pairsOf(before.join('\n'), before.with(10, 'other').join('\n'));
  expect(blocksOf(pairs).map(({ kind, pairs: held }) => [kind, held.length])).toEqual([
    ['folded', 7],
    ['shown', 7],
    ['folded', 6],
  ]);
});
