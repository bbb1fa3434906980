import { useEffect, useState } from 'preact/hooks';
import { orThrow } from '../../../client/index.ts';
import type { Change } from '../shared/api-types.ts';
import { service } from '../shared/service.ts';

/** The feed, the newest change first. */
export interface Feed {
  changes: readonly Change[];
  state: 'loading' | 'ready' | 'failed';
  error?: unknown;
}

const PAUSE_MS = 2_000;
/** So many are kept in view. */
const MOST = 1_000;

/** Follows the changes of all organisations, from a day ago on, as long as `isOn`. */
export function useFeed(isOn: boolean): { feed: Feed; retry: () => void } {
  const [feed, setFeed] = useState<Feed>({ changes: [], state: 'loading' });
  const [cursor, setCursor] = useState<string>();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!isOn) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    readPage(cursor, stop.signal).then(
      ({ items, next }) => {
        if (stop.signal.aborted) return;
        setFeed((before) => ({
          changes: [...items.toReversed(), ...before.changes].slice(0, MOST),
          state: items.length === 0 ? 'ready' : before.state === 'ready' ? 'ready' : 'loading',
        }));
        // Whoever follows goes on from there; without a pause as long as there is more.
        const goOn = () => {
          setCursor(next ?? undefined);
          setTurn((before) => before + 1);
        };
        timer = setTimeout(goOn, items.length === 0 ? PAUSE_MS : 0);
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setFeed((before) => ({ ...before, state: 'failed', error }));
      },
    );
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [isOn, turn]);
  return { feed, retry: () => setTurn((before) => before + 1) };
}

async function readPage(cursor: string | undefined, signal: AbortSignal) {
  const query = cursor === undefined ? { limit: 200 } : { limit: 200, cursor };
  return orThrow(await service.GET('/changes', { params: { query }, signal }));
}
