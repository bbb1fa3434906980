import { setInterval } from 'node:timers';

/** Sampled four times a second, after a collection: what is still in use, not what has been. Needs --expose-gc. */
export function watchMemory() {
  const peak = { heapUsed: 0, rss: 0 };
  const timer = setInterval(() => {
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    peak.heapUsed = Math.max(peak.heapUsed, heapUsed);
    peak.rss = Math.max(peak.rss, rss);
  }, 250);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}

/** To the tenth. */
export function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

export function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
