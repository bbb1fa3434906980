import type { DriftRun, Finding } from '../common/api-types.ts';

/** The classes of findings, in the order in which they are shown. */
export const CLASSES = [
  'missing',
  'drifted',
  'pinned',
  'duplicate',
  'orphan',
  'pending',
  'unreadable',
  'unknown',
] as const;

/** How many findings a run has of each class. */
export function countsOf(run: DriftRun): Record<(typeof CLASSES)[number], number> {
  const {
    missing = 0,
    drifted = 0,
    pinned = 0,
    duplicate = 0,
    orphan = 0,
    pending = 0,
    unreadable = 0,
  } = run.classes ?? {};
  return { missing, drifted, pinned, duplicate, orphan, pending, unreadable, unknown: run.unknown ?? 0 };
}

/** How many findings a run has. */
export function totalOf(run: DriftRun): number {
  return Object.values(countsOf(run)).reduce((sum, count) => sum + count, 0);
}

/** Findings that have one cause. */
interface CauseGroup {
  class: Finding['class'];
  cause: string;
  findings: readonly Finding[];
}

/** Groups findings by their class and cause, the largest group first. */
export function groupsOf(findings: readonly Finding[]): CauseGroup[] {
  const groups = Map.groupBy(findings, (finding) => `${finding.class} ${causeOf(finding)}`);
  return [...groups.values()]
    .flatMap(([first, ...others]) =>
      first ? [{ class: first.class, cause: causeOf(first), findings: [first, ...others] }] : [],
    )
    .toSorted((a, b) => b.findings.length - a.findings.length);
}

const WITHOUT_CAUSE: Readonly<Record<Finding['class'], string>> = {
  missing: 'Vapi does not have it any more',
  drifted: 'Fields differ',
  pinned: 'Its traffic is pinned to versions by hand',
  duplicate: 'The mapping names another assistant',
  orphan: 'No mapping names it',
  pending: 'Work that was begun is not done',
  unreadable: 'The row of the table cannot be read',
  unknown: 'It could not be looked at',
};

/** The service's own word for it, or the fields that differ. */
function causeOf({ class: name, cause, changes = [], changed = 0 }: Finding): string {
  if (cause) return cause;
  if (changes.length === 0) return WITHOUT_CAUSE[name];
  const fields = changes.slice(0, 3).map(({ path }) => path);
  const more = Math.max(changed, changes.length) - fields.length;
  return `${fields.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
