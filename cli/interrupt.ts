/** The first Ctrl-C lets what is under way end, and begins nothing new; the second one is the system's. */
export function watchForInterrupt(underWay: string): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stderr.write(`\nStopping after ${underWay}. Run it again to finish.\n`);
      controller.abort();
    });
  }
  return controller.signal;
}
