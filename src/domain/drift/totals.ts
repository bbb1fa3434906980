import * as z from 'zod/mini';
import { compareTexts } from '../compare-texts.ts';
import { DRIFT_CLASSES, UNMAPPED_CLASSES } from './finding.ts';
import { addRetirements, retirementSchema } from './retirements.ts';

const count = z.number();

/** A count for each class; rows of earlier versions lack newer classes. */
const countByClass = z.lazy(() => z.record(z.enum(DRIFT_CLASSES), z._default(count, 0)));

/**
 * The counts of a check, as they are stored: those of a step are added to the unit's, those of the units make the
 * run's.
 */
export const totalsSchema = z.lazy(() =>
  z.object({
    classes: countByClass,
    /** Requests to Vapi about assistants, phone numbers (`numbers`) and tools. */
    lists: count,
    gets: count,
    numbers: count,
    tools: z._default(count, 0),
    /** Requests about traffic allocations. */
    traffic: z._default(count, 0),
    /** Scopes, or windows of one, that were checked, and those that could not be. */
    checked: count,
    unknown: count,
    /** Findings about which the run may do something. */
    actionable: count,
    /** The number of findings by cause. */
    causes: z.record(z.string(), count),
    /** Retirements, and how many assistants they concern. */
    retirements: z._default(z.array(retirementSchema), []),
  }),
);

export type Totals = z.infer<typeof totalsSchema>;

/** The most causes that are counted; rarer ones cannot be common. */
const MAX_CAUSES = 50;

const COUNTERS = ['lists', 'gets', 'numbers', 'tools', 'traffic', 'checked', 'unknown', 'actionable'] as const;
const NOTHING = { lists: 0, gets: 0, numbers: 0, tools: 0, traffic: 0, checked: 0, unknown: 0, actionable: 0 };

/** Nothing counted yet. */
export function noTotals(): Totals {
  return { classes: countByClass.parse({}), ...NOTHING, causes: {}, retirements: [] };
}

/** The sum of both. */
export function addTotals(a: Totals, b: Totals): Totals {
  const retirements = addRetirements(a.retirements, b.retirements);
  const sum = { ...a, classes: { ...a.classes }, causes: addCauses(a.causes, b.causes), retirements };
  for (const name of DRIFT_CLASSES) sum.classes[name] += b.classes[name];
  for (const name of COUNTERS) sum[name] += b[name];
  return sum;
}

function addCauses(a: Totals['causes'], b: Totals['causes']): Totals['causes'] {
  const sum = new Map(Object.entries(a));
  for (const [cause, times] of Object.entries(b)) sum.set(cause, (sum.get(cause) ?? 0) + times);
  const commonest = [...sum].toSorted(([x, m], [y, n]) => n - m || compareTexts(x, y));
  return Object.fromEntries(commonest.slice(0, MAX_CAUSES));
}

/** The number of mapped assistants, whatever was found of them. */
export function mappedCount({ classes }: Totals): number {
  const mapped = DRIFT_CLASSES.filter((name) => !UNMAPPED_CLASSES.includes(name));
  return mapped.reduce((sum, name) => sum + classes[name], 0);
}
