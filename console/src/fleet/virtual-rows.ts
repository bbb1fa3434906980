import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

interface VirtualRows {
  count: number;
  /** Of a row, in pixels. */
  height: number;
  scroll: RefObject<HTMLElement | null>;
}

/** Which rows are in view: only these are drawn. `before` and `after` are the pixels of the others. */
export function useVirtualRows({ count, height, scroll }: VirtualRows) {
  const [, redraw] = useReducer<number, void>((turn) => turn + 1, 0);
  const [virtualizer] = useState(
    () =>
      new Virtualizer<HTMLElement, HTMLElement>({
        count,
        estimateSize: () => height,
        getScrollElement: () => scroll.current,
        scrollToFn: elementScroll,
        observeElementOffset,
        observeElementRect,
        onChange: () => redraw(),
        overscan: 12,
      }),
  );
  virtualizer.setOptions({ ...virtualizer.options, count });
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  const items = virtualizer.getVirtualItems();
  const [first, last] = [items[0], items.at(-1)];
  return {
    indexes: items.map(({ index }) => index),
    before: first?.start ?? 0,
    after: last ? virtualizer.getTotalSize() - last.end : 0,
  };
}
