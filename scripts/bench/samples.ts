/** Median of the values; 0 when there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** What one round took, per call, in ms. */
export interface Sample {
  wallMs: number;
  cpuMs: number;
}

/** Ours and what it is compared with, measured beside each other in the same rounds. */
export interface Comparison {
  wallMs: number;
  cpuMs: number;
  baselineWallMs: number;
  baselineCpuMs: number;
  /** Median of the ratios of the rounds: what slows a whole round down slows both. */
  wallRatio: number;
  cpuRatio: number;
}

/** Compares rounds pairwise; the n-th of both were measured next to each other. */
export function compare(ours: readonly Sample[], baseline: readonly Sample[]): Comparison {
  const ratio = (of: (sample: Sample) => number) =>
    median(
      ours.flatMap((sample, round) => {
        const beside = baseline[round];
        return beside && of(beside) > 0 ? [of(sample) / of(beside)] : [];
      }),
    );
  return {
    wallMs: median(ours.map(({ wallMs }) => wallMs)),
    cpuMs: median(ours.map(({ cpuMs }) => cpuMs)),
    baselineWallMs: median(baseline.map(({ wallMs }) => wallMs)),
    baselineCpuMs: median(baseline.map(({ cpuMs }) => cpuMs)),
    wallRatio: ratio(({ wallMs }) => wallMs),
    cpuRatio: ratio(({ cpuMs }) => cpuMs),
  };
}

/** Runs `act` a number of times, one after the other, and gives the mean of this process's wall and processor time. */
export async function measure(times: number, act: () => Promise<unknown>): Promise<Sample> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  for (let count = 0; count < times; count += 1) await act();
  const wallMs = (performance.now() - started) / times;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1000 / times };
}
