import * as z from 'zod/mini';
import { DRIFT_CLASSES, UNMAPPED_CLASSES } from './finding.ts';
import { addRetirements, retirementSchema } from './retirements.ts';

const count = z.number();

/** A count for each class; rows of earlier versions lack the classes that are younger. */
const countByClass = z.lazy(() => z.record(z.enum(DRIFT_CLASSES), z._default(count, 0)));

/** What is counted while a fleet is checked, as it is stored. Sums of sums: a unit's, then a run's. */
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
    /** Scopes, or windows of one, that were looked at; and those of which nothing is known. */
    checked: count,
    unknown: count,
    /** Findings about which this run may do something. */
    actionable: count,
    /** How many findings share a cause, by cause. */
    causes: z.record(z.string(), count),
    /** What stops, and how many assistants have it. */
    retirements: z._default(z.array(retirementSchema), []),
  }),
);

export type Totals = z.infer<typeof totalsSchema>;

/** Causes that are told apart; rarer ones are not what a common cause is looked for in. */
const MAX_CAUSES = 50;

const COUNTERS = ['lists', 'gets', 'numbers', 'tools', 'traffic', 'checked', 'unknown', 'actionable'] as const;
const NOTHING = { lists: 0, gets: 0, numbers: 0, tools: 0, traffic: 0, checked: 0, unknown: 0, actionable: 0 };

/** Nothing counted yet. */
export function noTotals(): Totals {
  return { classes: countByClass.parse({}), ...NOTHING, causes: {}, retirements: [] };
}

/** Both together. */
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
  const commonest = [...sum].toSorted(([x, m], [y, n]) => n - m || (x < y ? -1 : 1));
  return Object.fromEntries(commonest.slice(0, MAX_CAUSES));
}

/** Assistants that a mapping names, whatever was found of them. */
export function mappedCount({ classes }: Totals): number {
  const mapped = DRIFT_CLASSES.filter((name) => !UNMAPPED_CLASSES.includes(name));
  return mapped.reduce((sum, name) => sum + classes[name], 0);
}
