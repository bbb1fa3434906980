import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/** The state of something that is loaded. `stale`: why it could not be loaded again. */
export type Loaded<Data> =
  | { kind: 'loading' }
  | { kind: 'failed'; error: unknown }
  | { kind: 'ready'; data: Data; stale?: unknown };

/** Something that is loaded, and a way to load it again. */
export interface Asked<Data> {
  loaded: Loaded<Data>;
  reload(): void;
}

/** Loads once, and again every `everyMs` milliseconds while that is set. */
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

/** What was loaded before stays in view. */
function keeping<Data>(before: Loaded<Data>, error: unknown): Loaded<Data> {
  return before.kind === 'ready' ? { ...before, stale: error } : { kind: 'failed', error };
}
