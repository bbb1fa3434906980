/** On the first Ctrl-C, what is under way is completed and nothing new begun; the second one ends the process. */
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
