import { hasCode } from './error-code.ts';

/** What a process has to close before it ends. */
type Holding = {
  /** Closes in order. */
  close(): Promise<void>;
  /** Closes at once: synchronous, and quick when `close` has been called before. */
  abandon(): void;
};

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
/**
 * npm passes on a Ctrl-C that the terminal has sent to all processes already: within this time, in ms, a second signal
 * is not a second key press.
 */
const SAME_KEY_PRESS_MS = 1_000;
const LEFTOVER_MS = 1_000;

/**
 * Closes `holding` whenever this process ends, also by a signal or by process.exit(). A second Ctrl-C does not wait.
 * With `isServer`, a signal is left to the other listeners, if there are any.
 */
export function endWithProcess(holding: Holding, { isServer }: { isServer: boolean }): void {
  let signalledAt: number | undefined;

  function end(signal: keyof typeof SIGNALS): void {
    const exit = () => process.exit(128 + SIGNALS[signal]);
    const now = performance.now();
    if (signalledAt !== undefined && now - signalledAt > SAME_KEY_PRESS_MS) exit();
    if (signalledAt !== undefined) return;
    signalledAt = now;
    const isOtherListening = process.listeners(signal).some((listener) => listener !== end);
    if (!isServer || !isOtherListening) holding.close().then(exit, exit);
  }

  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  process.on('exit', () => holding.abandon());
}

/** Ends a process whose work is done, with its exit code, even if a handler left something open. */
export function endSoon(): void {
  setTimeout(() => process.exit(), LEFTOVER_MS).unref();
}

/** True when a process of this id runs now. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is alive, too.
    return hasCode(error, 'EPERM');
  }
}
