import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { DRIFT_MODES } from '../../../domain/account/organisation-record.ts';
import { ROLES } from '../../../domain/configuration/assistant-key.ts';
import { FINDING_CLASSES, type Finding } from '../../../domain/drift/finding.ts';
import { type DriftRun, type DriftUnit, GROUPS } from '../../../domain/drift/runs.ts';
import type { Stray } from '../../../domain/drift/strays.ts';
import { totalsSchema } from '../../../domain/drift/totals.ts';
import { scopeKeySchema } from '../organisation-rows.ts';
import { readRow } from '../rows/read-rows.ts';
import type { Item } from '../rows/table-keys.ts';

const count = z.number();
const counts = z.record(z.string(), count);
const time = z.exactOptional(z.number());
const groups = z.array(z.enum(GROUPS));

const healed = () => z.object({ reapplied: count, resumed: count, removed: count, kept: counts });

const runSchema = z.lazy(() =>
  z.object({
    runId: z.string(),
    trigger: z.enum(['schedule', 'request']),
    mode: z.object({ standard: z.enum(DRIFT_MODES), ceiling: z.enum(DRIFT_MODES) }),
    status: z.enum(['planning', 'checking', 'healing', 'closed', 'abandoned']),
    startedAt: z.string(),
    updatedAt: z.string(),
    closedAt: z.exactOptional(z.string()),
    unitCount: z.exactOptional(z.number()),
    done: z._default(
      z.pipe(
        z.set(z.number()),
        z.transform((numbers: Set<number>) => [...numbers]),
      ),
      [],
    ),
    healing: z.exactOptional(
      z.extend(healed(), {
        version: count,
        suspicious: groups,
        after: z.exactOptional(z.string()),
        removing: z.exactOptional(z.string()),
        removals: z.exactOptional(count),
      }),
    ),
    summary: z.exactOptional(
      z.object({
        totals: totalsSchema,
        suspicious: groups,
        common: z.array(z.object({ cause: z.string(), count })),
        healed: z.exactOptional(healed()),
        durationMs: z.number(),
      }),
    ),
  }),
);

const unitSchema = z.lazy(() =>
  z.object({
    runId: z.string(),
    number: z.number(),
    work: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('window'), window: z.object({ from: time, to: time }) }),
      z.object({ kind: z.literal('accounts'), orgIds: z.array(z.string()) }),
      z.object({ kind: z.literal('unfinished') }),
    ]),
    version: z.number(),
    position: z.object({ account: z.number(), to: time, after: z.exactOptional(z.string()) }),
    failures: z.number(),
    totals: totalsSchema,
    isDone: z.boolean(),
    dueAt: z.exactOptional(z.string()),
  }),
);

const findingSchema = z.lazy(() =>
  z.object({
    id: z.string(),
    class: z.enum(FINDING_CLASSES),
    scope: scopeKeySchema,
    orgId: z.exactOptional(z.string()),
    role: z.exactOptional(z.enum(ROLES)),
    assistantId: z.exactOptional(z.string()),
    changes: z.exactOptional(
      z.array(
        z.object({
          path: z.string(),
          wanted: z.string(),
          live: z.exactOptional(z.string()),
          origin: z.enum(['edited-at-vapi', 'never-applied']),
        }),
      ),
    ),
    changed: z.exactOptional(z.number()),
    cause: z.exactOptional(z.string()),
    detail: z.exactOptional(z.string()),
    mode: z.enum(DRIFT_MODES),
    foundAt: z.string(),
    healing: z.exactOptional(z.string()),
  }),
);

const straySchema = z.lazy(() =>
  z.object({
    class: z.enum(['duplicate', 'orphan']),
    scope: scopeKeySchema,
    orgId: z.string(),
    role: z.enum(ROLES),
    assistantId: z.string(),
    since: z.string(),
    runId: z.string(),
    seenAt: z.string(),
  }),
);

/** The partition of all runs and of the known strays. */
export const RUNS_PK = 'DRIFT';
/** The sort key of the item that names the current run. */
export const CURRENT_SK = 'CURRENT';
export const RUN_PREFIX = 'RUN#';
export const UNIT_PREFIX = 'UNIT#';
export const FINDING_PREFIX = 'FINDING#';
export const STRAY_PREFIX = 'STRAY#';

/** Sort key of a run. */
export function runSk(runId: string): string {
  return `${RUN_PREFIX}${runId}`;
}

/** Partition of the units and findings of one run. */
export function partsPk(runId: string): string {
  return `${RUNS_PK}#${runId}`;
}

/** Sort key of a unit; they sort by their numbers. */
export function unitSk(number: number): string {
  return `${UNIT_PREFIX}${String(number).padStart(8, '0')}`;
}

/** The sort key of a stray: an assistant that becomes a stray of another class is another stray. */
export function straySk({ class: name, assistantId }: Pick<Stray, 'class' | 'assistantId'>): string {
  return `${STRAY_PREFIX}${name}#${assistantId}`;
}

/** Reads a run. Throws as `readRow` does, as do the functions below. */
export function parseRun(item: Item): DriftRun {
  return readRow(item, () => runSchema.parse(unmarshall(item)));
}

/** Reads a unit. */
export function parseUnit(item: Item): DriftUnit {
  return readRow(item, () => unitSchema.parse(unmarshall(item)));
}

/** Reads a finding. */
export function parseFinding(item: Item): Finding {
  return readRow(item, () => findingSchema.parse(unmarshall(item)));
}

/** Reads a stray. */
export function parseStray(item: Item): Stray {
  return readRow(item, () => straySchema.parse(unmarshall(item)));
}
