import { useEffect, useRef, useState } from 'preact/hooks';
import { orThrow } from '../../../client/index.ts';
import type { Change } from '../common/api-types.ts';
import { service } from '../common/service.ts';

/** The feed, the newest change first. */
export interface Feed {
  changes: readonly Change[];
  state: 'loading' | 'ready' | 'failed';
  error?: unknown;
}

const PAUSE_MS = 2_000;
/** The pause after a failure, in ms. */
const LONG_PAUSE_MS = 5_000;
/** The number of changes that are kept in view. */
const MOST = 1_000;

/** Follows the changes of all organisations, from a day ago on, while `isOn`. */
export function useFeed(isOn: boolean): { feed: Feed; retry: () => void } {
  const [feed, setFeed] = useState<Feed>({ changes: [], state: 'loading' });
  const [turn, setTurn] = useState(0);
  const cursor = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (!isOn) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const goOn = (pauseMs: number) => {
      timer = setTimeout(() => setTurn((before) => before + 1), pauseMs);
    };
    readPage(cursor.current, stop.signal).then(
      ({ items, next }) => {
        if (stop.signal.aborted) return;
        cursor.current = next ?? undefined;
        setFeed((before) => withPage(before, items));
        goOn(items.length === 0 ? PAUSE_MS : 0);
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        setFeed((before) => ({ ...before, state: 'failed', error }));
        // After a first success it goes on by itself.
        if (cursor.current !== undefined) goOn(LONG_PAUSE_MS);
      },
    );
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [isOn, turn]);
  return { feed, retry: () => setTurn((before) => before + 1) };
}

/** True while full pages come: the first changes are not complete then. */
function withPage({ changes, state }: Feed, items: readonly Change[]): Feed {
  const isReady = items.length === 0 || state === 'ready';
  return { changes: [...items.toReversed(), ...changes].slice(0, MOST), state: isReady ? 'ready' : 'loading' };
}

async function readPage(cursor: string | undefined, signal: AbortSignal) {
  const query = cursor === undefined ? { limit: 200 } : { limit: 200, cursor };
  return orThrow(await service.GET('/changes', { params: { query }, signal }));
}
