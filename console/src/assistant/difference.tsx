import { useMemo, useState } from 'preact/hooks';
import { countOf } from '../common/text.ts';
import { type Block, blocksOf, type Line, type Pair, pairsOf } from './difference-lines.ts';

interface DifferenceProps {
  before: { title: string; text: string };
  after: { title: string; text: string };
}

/** Two texts side by side. Removed parts are `del`, added ones `ins`. */
export function Difference({ before, after }: DifferenceProps) {
  const pairs = useMemo(() => pairsOf(before.text, after.text), [before.text, after.text]);
  const changed = pairs.filter(({ kind }) => kind === 'changed').length;
  return (
    <>
      <p class="muted">
        {changed === 0 ? 'The two are the same.' : `${countOf(changed, 'line')} differ${changed === 1 ? 's' : ''}.`}
      </p>
      <div class="difference-frame">
        <table class="difference">
          <colgroup>
            <col class="line-number" />
            <col />
            <col class="line-number" />
            <col />
          </colgroup>
          <thead>
            <tr>
              <th scope="col" colSpan={2}>
                {before.title}
              </th>
              <th scope="col" colSpan={2}>
                {after.title}
              </th>
            </tr>
          </thead>
          <tbody>
            {blocksOf(pairs).map((block) => (
              <BlockRows key={block.pairs[0]?.before?.number ?? `+${block.pairs[0]?.after?.number}`} block={block} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function BlockRows({ block: { kind, pairs } }: { block: Block }) {
  const [isOpen, setIsOpen] = useState(kind === 'shown');
  if (isOpen) return pairs.map((pair) => <Row key={`${pair.before?.number} ${pair.after?.number}`} pair={pair} />);
  return (
    <tr class="fold">
      <td colSpan={4}>
        <button type="button" onClick={() => setIsOpen(true)}>
          Show {countOf(pairs.length, 'unchanged line')}
        </button>
      </td>
    </tr>
  );
}

function Row({ pair: { kind, before, after } }: { pair: Pair }) {
  const isChanged = kind === 'changed';
  return (
    <tr>
      <td class="line-number">{before?.number}</td>
      <td class={isChanged && before ? 'text removed' : 'text'}>
        <Text line={before} mark={isChanged ? 'del' : undefined} />
      </td>
      <td class="line-number">{after?.number}</td>
      <td class={isChanged && after ? 'text added' : 'text'}>
        <Text line={after} mark={isChanged ? 'ins' : undefined} />
      </td>
    </tr>
  );
}

/** A line without a counterpart is marked as a whole. */
function Text({ line, mark: Mark }: { line: Line | undefined; mark: 'del' | 'ins' | undefined }) {
  if (!line) return null;
  if (!Mark) return <>{line.parts.map(({ text }) => text)}</>;
  const isWhole = line.parts.every(({ isChanged }) => !isChanged);
  return (
    <>{line.parts.map(({ text, isChanged }, at) => (isChanged || isWhole ? <Mark key={at}>{text}</Mark> : text))}</>
  );
}
