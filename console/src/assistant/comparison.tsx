import { useEffect, useRef } from 'preact/hooks';
import type { AssistantKey, HistoryEntry } from '../common/api-types.ts';
import { useLoaded } from '../common/loaded.ts';
import { Show } from '../common/states.tsx';
import { dateOf, shortHash } from '../common/text.ts';
import { Difference } from './difference.tsx';
import { storedText } from './stored.ts';

interface ComparisonProps {
  assistant: AssistantKey;
  older: HistoryEntry;
  newer: HistoryEntry;
}

/** Two entries of the history, side by side. */
export function Comparison({ assistant, older, newer }: ComparisonProps) {
  const asked = useLoaded(async (signal) =>
    Promise.all([older, newer].map(({ specHash }) => storedText(assistant, specHash, signal))),
  );
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="stack" aria-label="Difference">
      <h3 ref={heading} tabIndex={-1}>
        Difference
      </h3>
      <Show asked={asked} what="the two configurations">
        {([before = '', after = '']) => (
          <Difference before={{ title: titleOf(older), text: before }} after={{ title: titleOf(newer), text: after }} />
        )}
      </Show>
    </section>
  );
}

/** When it was applied, and its hash. */
export function titleOf({ appliedAt, specHash, current }: HistoryEntry): string {
  return `${dateOf(appliedAt)}, ${shortHash(specHash)}${current ? ' (now)' : ''}`;
}
