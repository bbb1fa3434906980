import { styleText } from 'node:util';
import type { ScenarioResult, VerificationReport } from '../../src/domain/verification/report.ts';

/**
 * One scenario as a line: tick or cross, name, seconds, what was shown or what is wrong. Coloured where colours show.
 */
export function resultLine({ name, status, durationMs, message }: ScenarioResult): string {
  const mark = status === 'PASS' ? styleText('green', '✔') : styleText('red', '✘');
  const lines = message.replaceAll('\n', '\n    - ');
  const text = status === 'PASS' ? styleText('dim', lines) : lines;
  return `${mark} ${name.padEnd(20)} ${seconds(durationMs).padStart(7)}  ${text}`;
}

/** The counts, and what was cleaned up or left. */
export function summaryLines({ passed, total, passRate, durationMs, cleanup }: VerificationReport): string[] {
  const colour = passed === total ? 'green' : 'red';
  return [
    '',
    styleText(colour, `${passed} of ${total} passed (${passRate} %) in ${seconds(durationMs)}`),
    ...cleanup.earlierRunsRemoved.map((runId) => `Removed what run ${runId} had left`),
    ...cleanup.left.map((what) => styleText('yellow', `Left for the next run: ${what}`)),
  ];
}

/** Milliseconds as seconds with two decimals. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
