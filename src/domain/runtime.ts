/** How much longer the caller may run. */
export interface Deadline {
  /** Milliseconds, never negative. */
  remainingMs(): number;
}

/** Time, chance and ids: passed in, so that tests can decide them. */
export interface Runtime {
  /** Epoch milliseconds. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** In [0, 1). */
  random(): number;
  /** A new unique identifier. */
  uniqueId(): string;
}

/** The present moment as ISO 8601 in UTC. */
export function isoNow(runtime: Pick<Runtime, 'now'>): string {
  return new Date(runtime.now()).toISOString();
}
