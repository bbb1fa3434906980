import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { ROLES } from '../../../domain/configuration/assistant-key.ts';
import { type Rollout, TARGET_STATES, type TargetUnit } from '../../../domain/rollouts/rollout.ts';
import { ROLLOUT_STATES } from '../../../domain/rollouts/transitions.ts';
import { actorSchema } from '../organisation-rows.ts';
import { readRow } from '../rows/read-rows.ts';
import type { Item } from '../rows/table-keys.ts';

/** Partition of all rollouts. */
export const ROLLOUTS_PK = 'ROLLOUTS';
export const ROLLOUT_PREFIX = 'ROLLOUT#';

const amount = z.union([z.string(), z.number()]);

const rolloutSchema = z.object({
  template: z.string(),
  version: z.number(),
  waves: z.object({
    first: amount,
    growth: z.enum(['linear', 'exponential']),
    factor: z.number(),
    bakeSeconds: z.number(),
  }),
  maxConcurrent: z.number(),
  failureTolerance: amount,
  onFailure: z.enum(['pause', 'rollback']),
  alarms: z.array(z.string()),
  rolloutId: z.string(),
  sizes: z.array(z.number()),
  state: z.enum(ROLLOUT_STATES),
  reason: z.exactOptional(z.enum(['tolerance', 'alarm', 'unhealthy', 'operator'])),
  wave: z.number(),
  targets: z.number(),
  tolerance: z.number(),
  unit: z.number(),
  unitCount: z.number(),
  dueAt: z.exactOptional(z.string()),
  waiting: z.exactOptional(z.object({ unit: z.number(), until: z.string() })),
  turnedAt: z.exactOptional(z.string()),
  looked: z.exactOptional(z.number()),
  startedBy: actorSchema,
  startedAt: z.string(),
  updatedAt: z.string(),
  endedAt: z.exactOptional(z.string()),
  follows: z.exactOptional(z.string()),
  counted: z.exactOptional(
    z.object({
      counts: z.record(z.enum(TARGET_STATES), z.number()),
      failures: z.array(z.object({ code: z.string(), count: z.number(), examples: z.array(z.string()) })),
    }),
  ),
  change: z.number(),
});

const unitSchema = z.object({
  rolloutId: z.string(),
  number: z.number(),
  wave: z.number(),
  targets: z.array(
    z.object({
      orgId: z.string(),
      role: z.enum(ROLES),
      state: z.enum(TARGET_STATES),
      assistantId: z.nullable(z.string()),
      from: z.number(),
      boundBy: z.string(),
      specHash: z.nullable(z.string()),
      code: z.exactOptional(z.string()),
      detail: z.exactOptional(z.string()),
      since: z.exactOptional(z.string()),
      reached: z.exactOptional(z.boolean()),
    }),
  ),
  heldUntil: z.exactOptional(z.string()),
  version: z.number(),
});

const bodySchema = z.object({ body: z.string() });

function bodyOf(item: Item): unknown {
  return JSON.parse(bodySchema.parse(unmarshall(item)).body);
}

/** Reads a rollout. Throws as `readRow` does, as do the functions below. */
export function parseRollout(item: Item): Rollout {
  return readRow(item, () => rolloutSchema.parse(bodyOf(item)));
}

/** Reads a unit of targets. */
export function parseUnit(item: Item): TargetUnit {
  return readRow(item, () => unitSchema.parse(bodyOf(item)));
}
