import { DRIFT_CLASSES, type DriftClass } from './finding.ts';

/** What is counted while a fleet is checked. Sums of sums: a unit's, then a run's. */
export interface Totals {
  classes: Record<DriftClass, number>;
  /** Requests to Vapi. */
  lists: number;
  gets: number;
  /** The same, about phone numbers. */
  numbers: number;
  /** The same, about tools. */
  tools: number;
  /** Scopes, or windows of one, that were looked at; and those of which nothing is known. */
  checked: number;
  unknown: number;
  /** Findings about which this run may do something. */
  actionable: number;
  /** How many findings share a cause, by cause. */
  causes: Record<string, number>;
}

/** Causes that are told apart; rarer ones are not what a common cause is looked for in. */
const MAX_CAUSES = 50;

/** Nothing counted yet. */
export function noTotals(): Totals {
  const classes = emptyClasses();
  return { classes, lists: 0, gets: 0, numbers: 0, tools: 0, checked: 0, unknown: 0, actionable: 0, causes: {} };
}

function emptyClasses(): Record<DriftClass, number> {
  return {
    'in-sync': 0,
    imported: 0,
    drifted: 0,
    missing: 0,
    duplicate: 0,
    orphan: 0,
    unmanaged: 0,
    pending: 0,
    changing: 0,
    off: 0,
    unreadable: 0,
  };
}

/** Both together. */
export function addTotals(a: Totals, b: Totals): Totals {
  const classes = emptyClasses();
  for (const name of DRIFT_CLASSES) classes[name] = a.classes[name] + b.classes[name];
  return {
    classes,
    lists: a.lists + b.lists,
    gets: a.gets + b.gets,
    numbers: a.numbers + b.numbers,
    tools: a.tools + b.tools,
    checked: a.checked + b.checked,
    unknown: a.unknown + b.unknown,
    actionable: a.actionable + b.actionable,
    causes: addCauses(a.causes, b.causes),
  };
}

function addCauses(a: Totals['causes'], b: Totals['causes']): Totals['causes'] {
  const sum = new Map(Object.entries(a));
  for (const [cause, count] of Object.entries(b)) sum.set(cause, (sum.get(cause) ?? 0) + count);
  const commonest = [...sum].toSorted(([x, m], [y, n]) => n - m || (x < y ? -1 : 1));
  return Object.fromEntries(commonest.slice(0, MAX_CAUSES));
}

/** Assistants that a mapping names, whatever was found of them. */
export function mappedCount({ classes }: Totals): number {
  return (
    classes['in-sync'] +
    classes.imported +
    classes.drifted +
    classes.missing +
    classes.pending +
    classes.changing +
    classes.off +
    classes.unreadable
  );
}
