import { hasCode } from './error-code.ts';

/** What a process has to let go of before it ends. */
type Holding = {
  /** The orderly end. */
  close(): Promise<void>;
  /** The end at once: synchronous, and cheap when `close` has been called before. */
  abandon(): void;
};

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
/** npm passes a Ctrl-C on that the terminal has sent to all processes already: the second is not a second key press. */
const SAME_KEY_PRESS_MS = 1_000;
const LEFTOVER_MS = 1_000;

/**
 * Ends `holding` whenever this process ends: also by a signal, also by process.exit(). A second Ctrl-C does not wait.
 * With `isServer`, the first signal is left to whoever else listens to it, and only then to this.
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

/** Lets a process whose work is done end, with the exit code that it has, even if a handler has left something open. */
export function endSoon(): void {
  setTimeout(() => process.exit(), LEFTOVER_MS).unref();
}

/** Whether a process of this id runs now. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is alive, too.
    return hasCode(error, 'EPERM');
  }
}
