import type { DriftClass, Finding } from './finding.ts';
import { addRetirements, type Retirement } from './retirements.ts';
import type { Totals } from './totals.ts';
import { noTotals } from './totals.ts';

/** What one step has counted and found. */
export interface Tally {
  totals: Totals;
  findings: Finding[];
}

/** An empty tally. */
export function newTally(): Tally {
  return { totals: noTotals(), findings: [] };
}

/** Counts an assistant that needs no finding. */
export function tallyClass({ totals }: Tally, name: DriftClass): void {
  totals.classes[name] += 1;
}

/** Counts a finding and adds it. */
export function tallyFinding({ totals, findings }: Tally, finding: Finding): void {
  if (finding.class === 'unknown') totals.unknown += 1;
  else totals.classes[finding.class] += 1;
  const cause = causeOf(finding);
  totals.causes[cause] = (totals.causes[cause] ?? 0) + 1;
  if (isActionable(finding)) totals.actionable += 1;
  findings.push(finding);
}

/** Counts the retirements that concern an assistant. */
export function tallyRetirements({ totals }: Tally, retirements: readonly Retirement[]): void {
  if (retirements.length > 0) totals.retirements = addRetirements(totals.retirements, retirements);
}

/**
 * True for a finding about which the run may do something. Pending work was asked for already: it is resumed wherever a
 * run may report.
 */
export function isActionable(finding: Finding): boolean {
  if (finding.class === 'unknown' || finding.class === 'unreadable') return false;
  return finding.mode === 'heal' || (finding.class === 'pending' && finding.mode === 'report');
}

/** What findings of the same event have in common. */
function causeOf({ class: name, cause, changes }: Finding): string {
  if (cause) return `${name}: ${cause}`;
  const paths = (changes ?? []).map(({ path }) => path).toSorted();
  return paths.length > 0 ? `${name}: ${paths.slice(0, 3).join(' ')}` : name;
}
