/** Everything that the process writes to its standard streams while it is captured; nothing of it is shown. */
export interface CapturedOutput {
  text(): string;
  /** The log lines that are JSON, oldest first. */
  lines(): Record<string, unknown>[];
  clear(): void;
  /** Writes past the capture. */
  show(text: string): void;
  restore(): void;
}

/** Captures the standard streams, which Powertools writes to past Jest's console. */
export function captureOutput(): CapturedOutput {
  const chunks: string[] = [];
  const streams = [process.stdout, process.stderr];
  const originals = streams.map((stream) => stream.write);
  const show = process.stdout.write.bind(process.stdout);
  const capture = (chunk: string | Uint8Array): boolean => {
    chunks.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    return true;
  };
  for (const stream of streams) stream.write = capture;
  return {
    text: () => chunks.join(''),
    lines: () => chunks.join('').split('\n').flatMap(parseLine),
    clear: () => {
      chunks.length = 0;
    },
    show: (text) => {
      show(text);
    },
    restore: () => {
      streams.forEach((stream, index) => {
        const original = originals[index];
        if (original) stream.write = original;
      });
    },
  };
}

function parseLine(line: string): Record<string, unknown>[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? [{ ...value }] : [];
  } catch {
    return [];
  }
}
