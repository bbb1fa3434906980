import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/** What is known of something that is asked for. `stale` is why it could not be asked again. */
export type Loaded<Data> =
  | { kind: 'loading' }
  | { kind: 'failed'; error: unknown }
  | { kind: 'ready'; data: Data; stale?: unknown };

/** Something that is asked for, and how to ask again. */
export interface Asked<Data> {
  loaded: Loaded<Data>;
  reload(): void;
}

/** Asks once, and after so many milliseconds again, as long as `everyMs` names some. */
export function useLoaded<Data>(
  load: (signal: AbortSignal) => Promise<Data>,
  everyMs?: (data: Data | undefined) => number | undefined,
): Asked<Data> {
  const [loaded, setLoaded] = useState<Loaded<Data>>({ kind: 'loading' });
  const [turn, setTurn] = useState(0);
  const latest = useRef({ load, everyMs });
  latest.current = { load, everyMs };
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const found = await attempt(latest.current.load, stop.signal);
      if (stop.signal.aborted) return;
      setLoaded((before) => (found.kind === 'failed' ? keeping(before, found.error) : found));
      const pause = latest.current.everyMs?.(found.kind === 'ready' ? found.data : undefined);
      if (pause !== undefined) timer = setTimeout(() => void ask(), pause);
    };
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [turn]);
  const reload = useCallback(() => {
    setLoaded((before) => (before.kind === 'failed' ? { kind: 'loading' } : before));
    setTurn((before) => before + 1);
  }, []);
  return { loaded, reload };
}

async function attempt<Data>(
  load: (signal: AbortSignal) => Promise<Data>,
  signal: AbortSignal,
): Promise<{ kind: 'ready'; data: Data } | { kind: 'failed'; error: unknown }> {
  try {
    return { kind: 'ready', data: await load(signal) };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

/** What was seen before stays in view. */
function keeping<Data>(before: Loaded<Data>, error: unknown): Loaded<Data> {
  return before.kind === 'ready' ? { ...before, stale: error } : { kind: 'failed', error };
}
