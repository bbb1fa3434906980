import type { Fault } from './cases.ts';
import type { Report } from './explore.ts';
import { KNOWN } from './known.ts';

/** What is kept of one case. */
export interface Summary {
  name: string;
  fault: Fault;
  states: number;
  moves: number;
  ends: number;
  runs: number;
  ms: number;
  isComplete: boolean;
  /** Each kind once. */
  violations: readonly string[];
}

export function summaryOf({ violations, ...report }: Report, fault: Fault): Summary {
  return { ...report, fault, violations: [...new Set(violations.map(({ what }) => kindOf(what)))] };
}

/** Without the ids and the order of recovery. */
function kindOf(what: string): string {
  return what.replaceAll(/#\d+|0{8}-[0-9a-f-]+/g, '#').replace(/^after .*?: /, 'at the end: ');
}

/** The known violation that this is, by its name; undefined for one that nobody knows yet. */
export function knownAs(what: string, { name, fault }: Pick<Summary, 'name' | 'fault'>): string | undefined {
  return KNOWN.find(({ matches }) => matches(what, { case: name, fault }))?.name;
}

/** Sums of many cases, one line for each kind of fault. */
export function tableOfSummaries(summaries: readonly Summary[]): string {
  const faults = [...new Set(summaries.map(({ fault }) => fault))];
  const head = ['fault', 'cases', 'complete', 'states', 'moves', 'ends', 'process runs', 'seconds', 'known', 'new'];
  const lines = [
    head,
    ...faults.map((fault) =>
      lineOf(
        fault,
        summaries.filter((one) => one.fault === fault),
      ),
    ),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function lineOf(fault: Fault, summaries: readonly Summary[]): string[] {
  const sum = (what: 'states' | 'moves' | 'ends' | 'runs' | 'ms') =>
    summaries.reduce((total, summary) => total + summary[what], 0);
  const complete = summaries.filter(({ isComplete }) => isComplete).length;
  const isKnown = (summary: Summary, what: string) => knownAs(what, summary) !== undefined;
  const known = summaries.filter((summary) => summary.violations.some((what) => isKnown(summary, what))).length;
  const news = summaries.filter((summary) => summary.violations.some((what) => !isKnown(summary, what))).length;
  const counts = [complete, sum('states'), sum('moves'), sum('ends'), sum('runs'), Math.round(sum('ms') / 1000)];
  return [fault, String(summaries.length), ...counts.map(String), String(known), String(news)];
}
