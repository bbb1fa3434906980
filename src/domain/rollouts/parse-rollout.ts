import * as z from 'zod/mini';
import { isOrgId, ROLES } from '../configuration/assistant-key.ts';
import { ID } from '../configuration/id.ts';
import { fieldErrorsIn } from '../field-errors.ts';
import { isJsonObject } from '../json.ts';
import { validationFailed } from '../problem.ts';
import type { RolloutRequest } from './rollout.ts';

const count = (least: number, most: number) =>
  z
    .int(`use a number from ${least} to ${most}`)
    .check(z.gte(least, `at least ${least}`), z.lte(most, `at most ${most}`));

const PERCENTAGE = /^(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)%$/;

const amount = (least: number) =>
  z.union([z.int().check(z.gte(least)), z.string().check(z.regex(PERCENTAGE))], {
    error: `use a number from ${least}, or a percentage as "1%"`,
  });

const schema = z.lazy(() =>
  z.strictObject({
    template: z.string('use the id of a template').check(z.regex(ID, 'use the id of a template')),
    version: count(1, 99_999_999),
    select: z._default(
      z.strictObject({
        roles: z.exactOptional(z.array(z.enum(ROLES, `use one of: ${ROLES.join(', ')}`))),
        fromVersions: z.exactOptional(z.array(count(1, 99_999_999))),
        orgIds: z.exactOptional(
          z.array(z.string().check(z.refine(isOrgId, 'use ids of organisations'))).check(z.maxLength(10_000)),
        ),
      }),
      {},
    ),
    waves: z._default(
      z.strictObject({
        first: z._default(amount(1), 1),
        growth: z._default(z.enum(['linear', 'exponential'], 'use linear or exponential'), 'exponential'),
        factor: z._default(z.number('use a number from 1 to 100').check(z.gte(1), z.lte(100)), 5),
        bakeSeconds: z._default(count(0, 86_400), 60),
      }),
      { first: 1, growth: 'exponential', factor: 5, bakeSeconds: 60 },
    ),
    maxConcurrent: z._default(count(1, 50), 5),
    failureTolerance: z._default(amount(0), 0),
    onFailure: z._default(z.enum(['pause', 'rollback'], 'use pause or rollback'), 'pause'),
    alarms: z._default(z.array(z.string().check(z.minLength(1), z.maxLength(255))).check(z.maxLength(20)), []),
    dryRun: z._default(z.boolean('use true or false'), false),
  }),
);

/** Checks the body of POST /rollouts. Throws `VALIDATION_FAILED` naming everything that is wrong. */
export function parseRollout(body: unknown): RolloutRequest & { dryRun: boolean } {
  if (!isJsonObject(body)) throw validationFailed([{ field: 'body', detail: 'must be a JSON object' }]);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw validationFailed(parsed.error.issues.flatMap((issue) => fieldErrorsIn(issue)));
}
